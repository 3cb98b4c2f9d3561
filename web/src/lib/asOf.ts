// The past moment that the app is turned to, as the address has it: "2026-10-01" is the end of that day in
// the workspace's zone, "2026-10-01T12:00:00Z" a moment.  Without one it is now.
import { useSearch } from '@tanstack/react-router';
import { isDay, nextDay } from './days';
import type { FlatSearch } from './search';

const MOMENT = /^[12]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/;

export interface AsOfSearch {
  as_of?: string | undefined;
}

/** What the address says, if it says a moment; whether it has passed is the server's to say. */
export function readAsOf(search: FlatSearch): AsOfSearch {
  const text = search.as_of;
  const isMoment = text !== undefined && MOMENT.test(text) && !Number.isNaN(Date.parse(text));
  return isDay(text) || isMoment ? { as_of: text } : {};
}

/** As the address has it; undefined: now. */
export function useAsOf(): string | undefined {
  return useSearch({ strict: false, select: search => readAsOf(search as FlatSearch).as_of });
}

/** Its first moment after, in milliseconds since 1970. */
export function momentOf(asOf: string, dayStart: (day: string) => number): number {
  return isDay(asOf) ? dayStart(nextDay(asOf)) : Date.parse(asOf);
}

/** The last day that is over, or the one of that moment. */
export function dayOf(asOf: string, day: (at: number) => string): string {
  return isDay(asOf) ? asOf : day(Date.parse(asOf));
}

/** The day before: the last that can be asked for is that of `today`. */
export function dayBefore(day: string): string {
  return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
}

/** Which pages can show a past moment. */
export function goesBack(pathname: string): boolean {
  return /^\/(accounts(\/[^/]+)?|portfolio)\/?$/.test(pathname);
}
