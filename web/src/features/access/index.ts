export { SessionTable } from './SessionTable';
