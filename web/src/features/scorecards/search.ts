// Which scorecard the page shows whole.
import type { FlatSearch } from '@/lib/search';

export interface ScorecardsSearch {
  card?: string | undefined;
}

export function readScorecardsSearch(search: FlatSearch): ScorecardsSearch {
  return search.card ? { card: search.card } : {};
}
