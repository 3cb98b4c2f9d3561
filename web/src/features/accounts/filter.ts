// What the address says about the list of accounts: filter, order and columns.
import { type FlatSearch, splitList } from '@/lib/search';

export interface AccountSearch {
  q?: string | undefined;
  band?: string | undefined;
  owner?: string | undefined;
  renewal?: string | undefined;
  sort?: string | undefined;
  cols?: string | undefined;
}

export const BANDS = ['red', 'yellow', 'green'] as const;
export const RENEWAL_DAYS = ['30', '60', '90', '180'] as const;
/** The columns of the book, in their order. */
export const COLUMNS = [
  'name',
  'score',
  'trend',
  'arr',
  'renewal_at',
  'owner',
  'last_activity_at',
  'open_tickets',
] as const;
export type ColumnId = (typeof COLUMNS)[number];

/** Those by which the server sorts: all. */
export const SORTS = COLUMNS;
/** Those that start with the smallest: names with A, renewals with the next, scores with the worst. */
const UPWARD: readonly SortKey[] = ['name', 'owner', 'renewal_at', 'score'];
export type SortKey = (typeof SORTS)[number];

export const DEFAULT_SORT = '-arr';

const oneOf = (list: readonly string[], value: string | undefined) =>
  value !== undefined && list.includes(value) ? value : undefined;

/** Keeps what is known of an address; the rest of it is dropped, never an error. */
export function readSearch(search: FlatSearch): AccountSearch {
  const bands = splitList(search.band).filter(band => oneOf(BANDS, band));
  const sort = oneOf(SORTS, search.sort?.replace(/^-/, '')) ? search.sort : undefined;
  const found: AccountSearch = {
    q: search.q || undefined,
    band: bands.join(',') || undefined,
    owner: search.owner || undefined,
    renewal: oneOf(RENEWAL_DAYS, search.renewal),
    sort: sort === DEFAULT_SORT ? undefined : sort,
    cols: search.cols || undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

export interface AccountFilter {
  q?: string;
  band?: string;
  owner_id?: string;
  renewal_within_days?: number;
  sort: string;
}

/** The part of the address that the server answers to. */
export function filterOf(search: AccountSearch): AccountFilter {
  return {
    sort: search.sort ?? DEFAULT_SORT,
    ...(search.q ? { q: search.q } : {}),
    ...(search.band ? { band: search.band } : {}),
    ...(search.owner ? { owner_id: search.owner } : {}),
    ...(search.renewal ? { renewal_within_days: Number(search.renewal) } : {}),
  };
}

export function sortOf(search: AccountSearch): { key: SortKey; down: boolean } {
  const sort = search.sort ?? DEFAULT_SORT;
  return { key: sort.replace(/^-/, '') as SortKey, down: sort.startsWith('-') };
}

export function nextSort(search: AccountSearch, key: SortKey): string {
  const current = sortOf(search);
  if (current.key === key) return current.down ? key : `-${key}`;
  return UPWARD.includes(key) ? key : `-${key}`;
}

export function csvAddress(filter: AccountFilter): string {
  const query = new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)]));
  return `/api/v1/export/accounts.csv?${query}`;
}
