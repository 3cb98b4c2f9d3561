export { useDraftedRules } from './draftRule';
export { programKeys } from './keys';
