export { useAskComparison } from './comparisons';
export {
  type BacktestSearch,
  type ComparisonSearch,
  readBacktestSearch,
  readComparisonSearch,
} from './search';
