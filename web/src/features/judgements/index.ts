export { Judgements } from './Judgements';
