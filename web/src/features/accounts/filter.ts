// What the address says about the list of accounts: filter, order and columns.
import { isDay, nextDay } from '@/lib/days';
import { type FlatSearch, splitList } from '@/lib/search';

export interface AccountSearch {
  q?: string | undefined;
  band?: string | undefined;
  owner?: string | undefined;
  renewal?: string | undefined;
  /** Sets that they are all in, and those that they are not in; names with commas. */
  segment?: string | undefined;
  without?: string | undefined;
  coverage?: string | undefined;
  stage?: string | undefined;
  goal?: string | undefined;
  flag?: string | undefined;
  /** What coverage needs and they lack: high/sponsor. */
  gap?: string | undefined;
  /** The scorecard that scores them, or "none". */
  scorecard?: string | undefined;
  /** What their scorecard calls their score. */
  grade?: string | undefined;
  /** Of the seven questions: one that they answer, one that they do not, and how many they answer. */
  question?: string | undefined;
  unanswered?: string | undefined;
  answered?: string | undefined;
  /** "1": at risk, as the portfolio counts it. */
  risk?: string | undefined;
  /** Within so many days: marked as left ("any": on whatever day), or renewed. */
  left?: string | undefined;
  renewed?: string | undefined;
  /** "1": with an override in force. */
  hand?: string | undefined;
  /** "green-yellow": who was the one on the day `from` and the other on `to`. */
  moved?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  sort?: string | undefined;
  cols?: string | undefined;
}

export const BANDS = ['red', 'yellow', 'green'] as const;
/** The colours, and what has no score. */
export const SHADES = [...BANDS, 'none'] as const;
export const RENEWAL_DAYS = ['30', '60', '90', '180'] as const;
/** The columns of the book, in their order. */
export const COLUMNS = [
  'name',
  'score',
  'grade',
  'trend',
  'arr',
  'renewal_at',
  'owner',
  'last_activity_at',
  'open_tickets',
  'stage',
  'coverage',
  'segments',
] as const;
export type ColumnId = (typeof COLUMNS)[number];

/** Where an account stands by the program: each is a part of the address and of the server's question. */
export const PLACES = [
  'segment',
  'without',
  'coverage',
  'stage',
  'goal',
  'flag',
  'gap',
  'scorecard',
  'grade',
  'question',
  'unanswered',
] as const;
export type Place = (typeof PLACES)[number];

/** Those that stand there only if somebody asks for them. */
const ASKED = ['stage', 'coverage', 'segments'] as const;
type AskedId = (typeof ASKED)[number];
const isAsked = (id: ColumnId): id is AskedId => (ASKED as readonly string[]).includes(id);

/** What no history keeps: of a past moment the server leaves it out. */
export const isUnknownThen = (id: ColumnId) => id === 'last_activity_at' || id === 'grade';

export type SortKey = Exclude<ColumnId, 'grade' | AskedId>;
/** Those by which the server sorts: grades have the order of the scores, and sets have none. */
export const SORTS = COLUMNS.filter((id): id is SortKey => id !== 'grade' && !isAsked(id));
/** Those that start with the smallest: names with A, renewals with the next, scores with the worst. */
const UPWARD: readonly SortKey[] = ['name', 'owner', 'renewal_at', 'score'];

export const DEFAULT_SORT = '-arr';

/** The one value of a number of days that is none. */
export const ANY_DAY = 'any';

const daysOf = (value: string | undefined) => (/^[1-9]\d{0,2}$/.test(value ?? '') ? value : undefined);
const dayOf = (value: string | undefined) => (isDay(value) ? value : undefined);
const oneOf = (list: readonly string[], value: string | undefined) =>
  value !== undefined && list.includes(value) ? value : undefined;

const ANSWERED = ['0', '1', '2', '3', '4', '5', '6', '7'] as const;

const placesOf = (search: AccountSearch): Partial<Record<Place, string>> =>
  Object.fromEntries(PLACES.flatMap(place => (search[place] ? [[place, search[place]]] : [])));

/** Keeps what is known of an address; the rest of it is dropped, never an error. */
export function readSearch(search: FlatSearch): AccountSearch {
  const bands = splitList(search.band).filter(band => oneOf(SHADES, band));
  const sort = oneOf(SORTS, search.sort?.replace(/^-/, '')) ? search.sort : undefined;
  const [was, is] = search.moved?.split('-') ?? [];
  const moves = oneOf(SHADES, was) && oneOf(SHADES, is) && isDay(search.from);
  const found: AccountSearch = {
    q: search.q || undefined,
    band: bands.join(',') || undefined,
    owner: search.owner || undefined,
    renewal: oneOf(RENEWAL_DAYS, search.renewal),
    ...placesOf(search),
    risk: oneOf(['1'], search.risk),
    left: search.left === ANY_DAY ? ANY_DAY : daysOf(search.left),
    renewed: daysOf(search.renewed),
    hand: oneOf(['1'], search.hand),
    answered: oneOf(ANSWERED, search.answered),
    moved: moves ? search.moved : undefined,
    from: moves ? search.from : undefined,
    to: moves ? dayOf(search.to) : undefined,
    sort: sort === DEFAULT_SORT ? undefined : sort,
    cols: search.cols || undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

export interface MoveMoments {
  moved_from: string;
  moved_to?: string;
}

/** Which columns stand there: those that are asked for, else the usual ones; grades only where there are some. */
export function columnsOf(search: AccountSearch, graded: boolean, isPast = false): Record<ColumnId, boolean> {
  const asked = splitList(search.cols);
  const isUsual = (id: ColumnId) => (id === 'grade' ? graded : !isAsked(id));
  const isChosen = (id: ColumnId) => id === 'name' || (asked.length === 0 ? isUsual(id) : asked.includes(id));
  const stands = (id: ColumnId) => isChosen(id) && !(isPast && isUnknownThen(id));
  return Object.fromEntries(COLUMNS.map(id => [id, stands(id)])) as Record<ColumnId, boolean>;
}

/** A move is from the beginning of its first day to the end of its last; without one, to now. */
export function momentsOf(
  { from, to }: Pick<AccountSearch, 'from' | 'to'>,
  dayStart: (day: string) => number,
): MoveMoments | undefined {
  if (!from) return undefined;
  const moment = (at: number) => new Date(at).toISOString();
  const moved_from = moment(dayStart(from));
  return to ? { moved_from, moved_to: moment(dayStart(nextDay(to))) } : { moved_from };
}

/** Anything but the order and the columns. */
export function isNarrowed(search: AccountSearch): boolean {
  const { q, band, owner, renewal, risk, left, renewed, hand, answered, moved } = search;
  const own = [q, band, owner, renewal, risk, left, renewed, hand, answered, moved];
  return own.some(Boolean) || PLACES.some(place => search[place]);
}

/** What a press on "clear" takes away. */
export const NOTHING: Partial<AccountSearch> = {
  q: undefined,
  band: undefined,
  owner: undefined,
  renewal: undefined,
  segment: undefined,
  without: undefined,
  coverage: undefined,
  stage: undefined,
  goal: undefined,
  flag: undefined,
  gap: undefined,
  scorecard: undefined,
  grade: undefined,
  question: undefined,
  unanswered: undefined,
  answered: undefined,
  risk: undefined,
  left: undefined,
  renewed: undefined,
  hand: undefined,
  moved: undefined,
  from: undefined,
  to: undefined,
};

export interface AccountFilter extends Partial<Record<Place, string>> {
  q?: string;
  band?: string;
  owner_id?: string;
  renewal_within_days?: number;
  at_risk?: boolean;
  left?: boolean;
  left_within_days?: number;
  renewed_within_days?: number;
  overridden?: boolean;
  answered?: number;
  moved?: string;
  moved_from?: string;
  moved_to?: string;
  as_of?: string;
  sort: string;
}

function leftOf(left: string | undefined): Pick<AccountFilter, 'left' | 'left_within_days'> {
  if (!left) return {};
  return left === ANY_DAY ? { left: true } : { left_within_days: Number(left) };
}

/** The part of the address that the server answers to.  `moments` are the ends of the days of a move. */
export function filterOf(search: AccountSearch, moments?: MoveMoments, asOf?: string): AccountFilter {
  return {
    ...(asOf ? { as_of: asOf } : {}),
    sort: sortText(search, asOf !== undefined),
    ...(search.q ? { q: search.q } : {}),
    ...(search.band ? { band: search.band } : {}),
    ...(search.owner ? { owner_id: search.owner } : {}),
    ...(search.renewal ? { renewal_within_days: Number(search.renewal) } : {}),
    ...placesOf(search),
    ...(search.risk ? { at_risk: true } : {}),
    ...leftOf(search.left),
    ...(search.renewed ? { renewed_within_days: Number(search.renewed) } : {}),
    ...(search.hand ? { overridden: true } : {}),
    ...(search.answered ? { answered: Number(search.answered) } : {}),
    ...(search.moved && moments ? { moved: search.moved, ...moments } : {}),
  };
}

/** What nobody knows of then sorts nothing. */
function sortText({ sort }: AccountSearch, isPast: boolean): string {
  const isKnown = !isPast || !sort?.endsWith('last_activity_at');
  return sort && isKnown ? sort : DEFAULT_SORT;
}

export function sortOf(search: AccountSearch, isPast = false): { key: SortKey; down: boolean } {
  const sort = sortText(search, isPast);
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
