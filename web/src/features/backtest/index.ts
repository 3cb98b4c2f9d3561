export { type BacktestSearch, readBacktestSearch } from './search';
