// What the address says of the page: which run is shown.
import type { FlatSearch } from '@/lib/search';

export interface BacktestSearch {
  run?: string | undefined;
}

export const readBacktestSearch = (search: FlatSearch): BacktestSearch =>
  search.run ? { run: search.run } : {};

/** Of two versions side by side: a run, or what a new one begins with. */
export interface ComparisonSearch {
  run?: string | undefined;
  version?: string | undefined;
  against?: string | undefined;
}

export const readComparisonSearch = ({ run, version, against }: FlatSearch): ComparisonSearch => ({
  ...(run ? { run } : {}),
  ...(version ? { version } : {}),
  ...(against ? { against } : {}),
});
