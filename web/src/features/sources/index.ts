export { sourceKeys } from './queries';
