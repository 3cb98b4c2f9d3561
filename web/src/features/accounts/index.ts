export { applyAccountChange, othersChanged } from './changes';
export { type AccountSearch, readSearch } from './filter';
export { accountKeys } from './keys';
export { OwnerMenu } from './OwnerMenu';
export { useAccount, useFound } from './queries';
