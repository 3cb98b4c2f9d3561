export { AccountQuestions } from './AccountQuestions';
