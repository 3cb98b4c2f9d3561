export { DemoBar } from './DemoBar';
export { setProgress, useDemo } from './queries';
