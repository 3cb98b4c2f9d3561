// The pages over the past with what the address says of them.  Loaded apart from the others.
import { getRouteApi } from '@tanstack/react-router';
import { BacktestPage } from '@/features/backtest/BacktestPage';
import { ComparisonPage } from '@/features/backtest/ComparisonPage';

const backtest = getRouteApi('/app/backtest');
const comparison = getRouteApi('/app/comparison');

export function Backtest() {
  return <BacktestPage search={backtest.useSearch()} />;
}

export function Comparison() {
  return <ComparisonPage search={comparison.useSearch()} />;
}
