// What the address says of the portfolio: whose accounts, and since when it is compared.
import { isDay } from '@/lib/days';
import type { FlatSearch } from '@/lib/search';

export interface PortfolioSearch {
  /** A user's id, or "all" where the page would begin with one's own accounts. */
  owner?: string | undefined;
  since?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

export const SINCE = ['7', '28', '90'] as const;
export const SEEN = 'seen';
export const DATES = 'dates';
const DAY_MS = 86_400_000;

/** Keeps what is known of an address; the rest of it is dropped, never an error. */
export function readPortfolioSearch(search: FlatSearch): PortfolioSearch {
  const since = [...SINCE, SEEN, DATES].find(one => one === search.since);
  const day = (value: string | undefined) => (since === DATES && isDay(value) ? value : undefined);
  const found = { owner: search.owner || undefined, since, from: day(search.from), to: day(search.to) };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

export interface Range {
  choice: string;
  /** Days in the workspace's zone: from the beginning of the one to the end of the other, or to now. */
  from: string;
  to?: string;
}

/** Whoever was here on another day wants to know what is new; the others, what moved lately. */
export function rangeOf(
  search: PortfolioSearch,
  seen: number | undefined,
  now: number,
  dayOf: (at: number) => string,
): Range {
  const today = dayOf(now);
  const back = (days: number) => dayOf(now - days * DAY_MS);
  const usual = seen !== undefined && dayOf(seen) < today ? SEEN : '28';
  const wanted = search.since ?? usual;
  const choice = wanted === SEEN && seen === undefined ? '28' : wanted;
  if (choice === SEEN && seen !== undefined) return { choice, from: dayOf(seen) };
  if (choice !== DATES) return { choice, from: back(Number(choice)) };
  const from = search.from && search.from <= today ? search.from : back(28);
  const to = search.to && search.to >= from && search.to < today ? search.to : undefined;
  return { choice, from, ...(to ? { to } : {}) };
}
