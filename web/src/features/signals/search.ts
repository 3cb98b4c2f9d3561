// What the address says of the inbox: which signals are listed, and which is open.
import { isDay } from '@/lib/days';
import { type FlatSearch, splitList } from '@/lib/search';

export const STATES = ['open', 'snoozed', 'already_true', 'held', 'resolved', 'cleared'] as const;
export type SignalState = (typeof STATES)[number];
export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const MINE = 'me';
export const ALL = 'all';

export interface SignalSearch {
  state?: string | undefined;
  severity?: string | undefined;
  rule?: string | undefined;
  /** A user's id, "me", "none", or "all" where the page would begin with one's own. */
  who?: string | undefined;
  /** Only those raised since the beginning of that day. */
  since?: string | undefined;
  signal?: string | undefined;
}

const stateOf = (text: string | undefined) => STATES.find(state => state === text);

/** Keeps what is known of an address; the rest of it is dropped, never an error. */
export function readSignalSearch(search: FlatSearch): SignalSearch {
  const severities = splitList(search.severity).filter(one => SEVERITIES.some(known => known === one));
  const found: SignalSearch = {
    state: stateOf(search.state),
    severity: severities.join(',') || undefined,
    rule: search.rule || undefined,
    who: search.who || undefined,
    since: isDay(search.since) ? search.since : undefined,
    signal: search.signal || undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

export interface SignalFilter {
  state: SignalState;
  severity?: string;
  rule?: string;
  assignee?: string;
  raised_since?: string;
}

/** Those who carry accounts begin with what asks for them, the others with all. */
export function filterOf(
  search: SignalSearch,
  beginsWithOwn: boolean,
  dayStart: (day: string) => number = Date.parse,
): SignalFilter {
  const who = search.who ?? (beginsWithOwn ? MINE : ALL);
  return {
    state: stateOf(search.state) ?? 'open',
    ...(search.severity ? { severity: search.severity } : {}),
    ...(search.rule ? { rule: search.rule } : {}),
    ...(who === ALL ? {} : { assignee: who }),
    ...(search.since ? { raised_since: new Date(dayStart(search.since)).toISOString() } : {}),
  };
}
