// The page of the back-test with what the address says of it.  Loaded apart from the others.
import { getRouteApi } from '@tanstack/react-router';
import { BacktestPage } from '@/features/backtest/BacktestPage';

const backtest = getRouteApi('/app/backtest');

export function Backtest() {
  return <BacktestPage search={backtest.useSearch()} />;
}
