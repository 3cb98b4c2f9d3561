import { expect, test } from 'vitest';
import type { ShadowPoint } from '@/api/types';
import { heldAt, shadowLines, stepsOf, valuesAt } from './shadowLines';

const point = (scorecard: string, second: number, points: number) =>
  ({ scorecard, at: new Date(second * 1000).toISOString(), points }) as ShadowPoint;

test('each shadow has a line of its own', () => {
  const lines = shadowLines([point('a', 1, 10), point('a', 5, 20), point('b', 2, 30)]);
  expect(lines.map(({ name, points }) => [name, points.map(one => one.points)])).toEqual([
    ['a', [10, 20]],
    ['b', [30]],
  ]);
});

test('a point holds until the next, and nothing is before the first', () => {
  const points = [point('a', 2, 10), point('a', 5, 20)];
  expect([1000, 2000, 4999, 5000, 9000].map(at => heldAt(points, at)?.points ?? null)).toEqual([
    null,
    10,
    10,
    20,
    20,
  ]);
});

test('the values at steps are those that hold there', () => {
  const points = [point('a', 2, 10), point('a', 5, 20)];
  expect(valuesAt(points, [1, 2, 4, 5, 9])).toEqual([null, 10, 10, 20, 20]);
});

test('steps of all lines are in between the ends of the live one', () => {
  const lines = shadowLines([point('a', 1, 10), point('a', 5, 20), point('b', 4, 30), point('b', 11, 1)]);
  expect(stepsOf([3, 5, 10], lines)).toEqual([3, 4, 5, 10]);
});
