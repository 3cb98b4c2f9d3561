// What the address says of the segments' pages.  Pure.
import type { FlatSearch } from '@/lib/search';

export interface SegmentsSearch {
  /** Which segments are compared, with commas; the first ones unless given. */
  compare?: string | undefined;
  /** "1": all combinations, not only the largest. */
  all?: string | undefined;
  /** Of which of the compared it is shown what became of their accounts. */
  pick?: string | undefined;
}

export function readSegmentsSearch(search: FlatSearch): SegmentsSearch {
  return {
    ...(search.compare ? { compare: search.compare } : {}),
    ...(search.all === '1' ? { all: '1' } : {}),
    ...(search.pick ? { pick: search.pick } : {}),
  };
}

export const RANGES = ['30', '90', '365'] as const;

export interface SegmentSearch {
  days?: string | undefined;
}

export function readSegmentSearch(search: FlatSearch): SegmentSearch {
  const days = RANGES.find(one => one === search.days);
  return days && days !== '90' ? { days } : {};
}
