// Small arithmetic over the portfolio's figures.  Pure.
import type { Portfolio, Tally } from '@/api/types';

type Bands = Portfolio['bands'];

export function tallyOf(bands: Bands, band: Bands[number]['band']): Tally {
  return (
    bands.find(one => one.band === band)?.tally ?? {
      accounts: 0,
      left: 0,
      arr: { minor: 0, currency: 'USD' },
    }
  );
}
