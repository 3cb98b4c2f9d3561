export { DemoBar } from './DemoBar';
export { setProgress } from './queries';
