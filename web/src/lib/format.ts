// Numbers, money and moments as people read them, in the workspace's zone.  Pure: "now" is passed in.

interface Money {
  minor: number;
  currency: string;
}

export interface Format {
  number(value: number, digits?: number): string;
  compact(value: number): string;
  points(value: number): string;
  signedPoints(value: number): string;
  /** Cents only where there are some. */
  money(value: Money): string;
  moneyShort(value: Money): string;
  /** Rounded to major units, for a column whose other amounts are not known. */
  moneyWhole(value: Money): string;
  /** For a column of these amounts: with cents if one of them has some, so that they line up. */
  moneyOf(column: readonly (Money | null)[]): (value: Money) => string;
  /** Of an amount in major units. */
  majorShort(amount: number, currency: string): string;
  date(at: string): string;
  dateTime(at: string): string;
  /** The day of a moment in the workspace's zone, as 2026-03-01. */
  day(now: number): string;
  /** The first moment of a day in the workspace's zone, in milliseconds since 1970. */
  dayStart(day: string): number;
  relative(at: string, now: number): string;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365.25 * 86400],
  ['month', 30.44 * 86400],
  ['week', 7 * 86400],
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
];

/** How an amount is written; its currency says how many digits all of it has. */
const LOOKS = {
  exact: { trailingZeroDisplay: 'stripIfInteger' },
  full: {},
  whole: { maximumFractionDigits: 0 },
  short: { notation: 'compact', maximumFractionDigits: 1 },
} as const;

/** A day without time ("2026-03-01") is that day everywhere, so it is shown in UTC. */
const isDay = (at: string) => at.length === 10;

export function createFormat(timeZone: string, locale: string): Format {
  const day: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };
  const dates = new Intl.DateTimeFormat(locale, { ...day, timeZone });
  const days = new Intl.DateTimeFormat(locale, { ...day, timeZone: 'UTC' });
  const times = new Intl.DateTimeFormat(locale, {
    ...day,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZone,
    timeZoneName: 'short',
  });
  const isoDays = new Intl.DateTimeFormat('en-CA', { timeZone });
  const exact = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });
  const worded = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  /** What the zone's clock shows, as if that were UTC. */
  const wall = (at: number) => Date.parse(`${clock.format(at).replace(' ', 'T')}Z`);
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const numbers = new Map<number, Intl.NumberFormat>();
  const moneys = new Map<string, { format: Intl.NumberFormat; unit: number }>();

  const number = (value: number, digits = 0) => {
    let format = numbers.get(digits);
    if (!format) {
      format = new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
      numbers.set(digits, format);
    }
    return format.format(value);
  };
  const moneyFormat = (currency: string, look: keyof typeof LOOKS) => {
    const key = `${currency}${look}`;
    const known = moneys.get(key);
    if (known) return known;
    const style = { style: 'currency', currency } as const;
    const minor = new Intl.NumberFormat(locale, style).resolvedOptions().maximumFractionDigits ?? 2;
    const made = { format: new Intl.NumberFormat(locale, { ...style, ...LOOKS[look] }), unit: 10 ** minor };
    moneys.set(key, made);
    return made;
  };
  const money = (value: Money, look: keyof typeof LOOKS) => {
    const { format, unit } = moneyFormat(value.currency, look);
    return format.format(value.minor / unit);
  };
  const isWhole = (value: Money | null) =>
    value === null || value.minor % moneyFormat(value.currency, 'exact').unit === 0;
  // A minus sign as long as the plus, so that columns of changes line up.
  const signed = (value: number) => {
    const text = Math.abs(value).toFixed(1);
    if (text === '0.0') return text;
    return value > 0 ? `+${text}` : `\u2212${text}`;
  };

  return {
    number,
    compact: value => compact.format(value),
    points: value => number(value, 1),
    signedPoints: signed,
    money: value => money(value, 'exact'),
    moneyShort: value => money(value, 'short'),
    moneyWhole: value => money(value, 'whole'),
    moneyOf: column => {
      const look = column.every(isWhole) ? 'exact' : 'full';
      return value => money(value, look);
    },
    majorShort: (amount, currency) => moneyFormat(currency, 'short').format.format(amount),
    date: at => (isDay(at) ? days : dates).format(new Date(at)),
    dateTime: at => (isDay(at) ? days.format(new Date(at)) : times.format(new Date(at))),
    dayStart: day => {
      // Midnight in UTC, moved by how far the zone's clock is off then; twice, for days that are not
      // 24 hours long.
      const utc = Date.parse(`${day}T00:00:00Z`);
      let at = utc;
      for (let i = 0; i < 2; i++) at -= wall(at) - utc;
      return at;
    },
    day: now => isoDays.format(new Date(now)),
    relative: (at, now) => {
      const seconds = (new Date(at).getTime() - now) / 1000;
      for (const [unit, length] of STEPS) {
        if (Math.abs(seconds) < length) continue;
        return (unit === 'day' ? worded : exact).format(Math.round(seconds / length), unit);
      }
      return worded.format(0, 'second');
    },
  };
}

/** "37 %"; nothing of nothing is no share. */
export function percentOf(part: number, whole: number): string {
  if (whole === 0) return '–';
  const percent = (100 * part) / whole;
  // What is not quite all or nothing must not be shown as that.
  if (percent > 0 && percent < 1) return '< 1 %';
  if (percent < 100 && percent > 99) return '> 99 %';
  return `${Math.round(percent)} %`;
}

/** A metric's unit, which is a plural, beside that value: as the server writes it in explanations, "1 ticket". */
export function unitOf(value: number | null | undefined, unit: string): string {
  return value === 1 && unit.length > 2 && unit.endsWith('s') ? unit.slice(0, -1) : unit;
}
