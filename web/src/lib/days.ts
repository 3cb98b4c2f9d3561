// Days as 2026-03-01, without a zone.  Pure.

const DAY_MS = 86_400_000;
/** Of years that calendars of browsers write with four digits, before and after they are moved by a zone. */
const DAY = /^[12]\d{3}-\d{2}-\d{2}$/;

/** A day that there is: not the 31st of February. */
export function isDay(text: string | undefined): text is string {
  if (text === undefined || !DAY.test(text)) return false;
  const at = Date.parse(text);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

export function nextDay(day: string): string {
  return new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10);
}
