// Small arithmetic over the portfolio's figures.  Pure.
import type { Portfolio, Tally } from '@/api/types';

type Bands = Portfolio['bands'];

/** "37 %"; nothing of nothing is no share. */
export function percentOf(part: number, whole: number): string {
  if (whole === 0) return '–';
  const percent = (100 * part) / whole;
  // What is not quite all or nothing must not be shown as that.
  if (percent > 0 && percent < 1) return '< 1 %';
  if (percent < 100 && percent > 99) return '> 99 %';
  return `${Math.round(percent)} %`;
}

export function tallyOf(bands: Bands, band: Bands[number]['band']): Tally {
  return bands.find(one => one.band === band)?.tally ?? { accounts: 0, arr: { minor: 0, currency: 'USD' } };
}
