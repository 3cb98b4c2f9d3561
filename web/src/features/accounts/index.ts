export { applyAccountChange, onChanges, othersChanged } from './changes';
export { type AccountSearch, ANY_DAY, momentsOf, readSearch, SHADES } from './filter';
export { accountKeys } from './keys';
export { NoAccounts } from './NoAccounts';
export { OwnerMenu } from './OwnerMenu';
export { useAccount, useFound } from './queries';
export { useLastSeen } from './seen';
export { whileChanging } from './whileChanging';
