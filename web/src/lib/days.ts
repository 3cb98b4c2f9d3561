// Days as 2026-03-01, without a zone.  Pure.

const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

export const isDay = (text: string | undefined): text is string => text !== undefined && DAY.test(text);

export function nextDay(day: string): string {
  return new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10);
}
