export { programKeys } from './keys';
