// What the page says of a report, as numbers.  Pure.
import type { BacktestReport, BacktestTold } from '@/api/types';

export type Colour = 'green' | 'yellow' | 'red' | 'none';

/** The horizon that the headline speaks of. */
export const HEADLINE_DAYS = 90;
/** Below this the intervals are so wide that the points mislead. */
export const WIDE_BELOW = 50;

export interface Lost {
  colour: Colour;
  count: number;
  arr: number;
}

/** Who left by the colour at that instant, the healthiest first. */
export function lostAt(report: BacktestReport, days: number): Lost[] {
  const lost = report.horizons.find(one => one.days === days)?.lost ?? [];
  return (['green', 'yellow', 'red', 'none'] as const).map(colour => {
    const found = lost.find(one => (one.colour ?? 'none') === colour);
    return { colour, count: found?.count ?? 0, arr: found?.arr ?? 0 };
  });
}

export interface Headline {
  left: number;
  notGreen: number;
  withoutScore: number;
  greenArr: number;
  allArr: number;
}

export function headlineOf(report: BacktestReport, days = HEADLINE_DAYS): Headline {
  const lost = lostAt(report, days);
  const of = (colour: Colour) => lost.find(one => one.colour === colour) ?? { count: 0, arr: 0 };
  return {
    left: report.left,
    notGreen: of('yellow').count + of('red').count,
    withoutScore: of('none').count,
    greenArr: of('green').arr,
    allArr: lost.reduce((sum, one) => sum + one.arr, 0),
  };
}

/** Whether an AUC may be shown at all. */
export const canTell = (told: BacktestTold): boolean => told.verdict !== 'too_few';

export interface Scorecard {
  scorecard: string;
  measures: BacktestReport['measures'];
}

/** The parts by scorecard, and the names of those of which nothing can be said. */
export function scorecardsOf(report: BacktestReport): { told: Scorecard[]; few: string[] } {
  const all: Scorecard[] = [];
  for (const measure of report.measures) {
    const last = all.at(-1);
    if (last?.scorecard === measure.scorecard) last.measures.push(measure);
    else all.push({ scorecard: measure.scorecard, measures: [measure] });
  }
  const says = (one: Scorecard) => one.measures.some(({ told, refused }) => canTell(told) || refused !== '');
  return { told: all.filter(says), few: all.filter(one => !says(one)).map(one => one.scorecard) };
}
