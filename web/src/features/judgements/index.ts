export { Judgements } from './Judgements';
export { useJudgementMoments } from './moments';
