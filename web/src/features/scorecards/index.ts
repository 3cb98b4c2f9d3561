export { readScorecardsSearch, type ScorecardsSearch } from './search';
