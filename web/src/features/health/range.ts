// Which stretch of the history is shown, as the address has it: "28", "365", "all", or two days.  Pure.
import { isDay, nextDay } from '@/lib/days';

export const RANGES = ['28', '90', '365', 'all'] as const;
const DAY_MS = 86_400_000;
const BEGINNING = '2000-01-01T00:00:00Z';

export interface HistoryRange {
  choice: (typeof RANGES)[number] | 'dates';
  from?: string;
  to?: string;
}

export function readRange(text: string | undefined): HistoryRange {
  const known = RANGES.find(one => one === text);
  if (known) return { choice: known };
  const [from, to] = text?.split('..') ?? [];
  return isDay(from) && isDay(to) && from <= to ? { choice: 'dates', from, to } : { choice: '365' };
}

export function rangeText({ choice, from, to }: HistoryRange): string | undefined {
  if (choice === 'dates') return `${from}..${to}`;
  return choice === '365' ? undefined : choice;
}

/** The moments to ask for. */
export function spanOf(
  { choice, from, to }: HistoryRange,
  now: number,
  dayStart: (day: string) => number,
): { from: string; to?: string } {
  const moment = (at: number) => new Date(at).toISOString();
  if (from && to) return { from: moment(dayStart(from)), to: moment(dayStart(nextDay(to))) };
  return { from: choice === 'all' ? BEGINNING : moment(now - Number(choice) * DAY_MS) };
}
