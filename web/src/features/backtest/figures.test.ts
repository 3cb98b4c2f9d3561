import { expect, test } from 'vitest';
import type { BacktestReport } from '@/api/types';
import { headlineOf, lostAt, scorecardsOf } from './figures';

const report = {
  left: 10,
  horizons: [
    { days: 180, lost: [{ colour: 'green', count: 10, arr: 100 }] },
    {
      days: 90,
      lost: [
        { colour: null, count: 1, arr: 5 },
        { colour: 'red', count: 2, arr: 20 },
        { colour: 'yellow', count: 3, arr: 30 },
        { colour: 'green', count: 4, arr: 40 },
      ],
    },
  ],
} as unknown as BacktestReport;

test('the headline counts what was not green, and apart from it what had no score', () => {
  expect(headlineOf(report)).toEqual({ left: 10, notGreen: 5, withoutScore: 1, greenArr: 40, allArr: 95 });
});

test('colours that nobody had are there with nothing, the healthiest first', () => {
  expect(lostAt(report, 180).map(one => [one.colour, one.count])).toEqual([
    ['green', 10],
    ['yellow', 0],
    ['red', 0],
    ['none', 0],
  ]);
  expect(lostAt(report, 30).every(one => one.count === 0)).toBe(true);
});

test('a scorecard of which nothing can be said is named apart', () => {
  const part = (scorecard: string, path: string, verdict: string, refused = '') => ({
    scorecard,
    path,
    refused,
    told: { verdict },
  });
  const measures = [
    part('mid', 'usage', 'tells'),
    part('mid', 'usage/trend', 'too_few'),
    part('high', 'usage', 'too_few'),
    part('low', 'usage', 'too_few', 'trait.left'),
  ];
  const { told, few } = scorecardsOf({ measures } as unknown as BacktestReport);
  expect(told.map(one => [one.scorecard, one.measures.length])).toEqual([
    ['mid', 2],
    ['low', 1],
  ]);
  expect(few).toEqual(['high']);
});
