// What the address says of the page: which run is shown.
import type { FlatSearch } from '@/lib/search';

export interface BacktestSearch {
  run?: string | undefined;
}

export const readBacktestSearch = (search: FlatSearch): BacktestSearch =>
  search.run ? { run: search.run } : {};
