// Numbers, money and moments as people read them, in the workspace's zone.  Pure: "now" is passed in.

export interface Format {
  number(value: number, digits?: number): string;
  compact(value: number): string;
  points(value: number): string;
  signedPoints(value: number): string;
  money(value: { minor: number; currency: string }): string;
  moneyShort(value: { minor: number; currency: string }): string;
  date(at: string): string;
  dateTime(at: string): string;
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
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const numbers = new Map<number, Intl.NumberFormat>();
  const moneys = new Map<string, Intl.NumberFormat>();

  const number = (value: number, digits = 0) => {
    let format = numbers.get(digits);
    if (!format) {
      format = new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
      numbers.set(digits, format);
    }
    return format.format(value);
  };
  const moneyFormat = (currency: string, short: boolean) => {
    const key = `${currency}${short}`;
    let format = moneys.get(key);
    if (!format) {
      format = new Intl.NumberFormat(locale, {
        style: 'currency',
        currency,
        ...(short
          ? { notation: 'compact', maximumFractionDigits: 1 }
          : { minimumFractionDigits: 0, maximumFractionDigits: 2 }),
      });
      moneys.set(key, format);
    }
    return format;
  };
  const money = (value: { minor: number; currency: string }, short: boolean) => {
    const format = moneyFormat(value.currency, short);
    const digits = new Intl.NumberFormat(locale, {
      style: 'currency',
      currency: value.currency,
    }).resolvedOptions().maximumFractionDigits;
    return format.format(value.minor / 10 ** (digits ?? 2));
  };
  // A minus sign as long as the plus, so that columns of changes line up.
  const signed = (value: number) => {
    const text = number(Math.abs(value), 1);
    if (text === '0') return '0';
    return value > 0 ? `+${text}` : `\u2212${text}`;
  };

  return {
    number,
    compact: value => compact.format(value),
    points: value => number(value, 1),
    signedPoints: signed,
    money: value => money(value, false),
    moneyShort: value => money(value, true),
    date: at => (isDay(at) ? days : dates).format(new Date(at)),
    dateTime: at => (isDay(at) ? days.format(new Date(at)) : times.format(new Date(at))),
    relative: (at, now) => {
      const seconds = (new Date(at).getTime() - now) / 1000;
      for (const [unit, length] of STEPS) {
        if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
      }
      return relative.format(0, 'second');
    },
  };
}
