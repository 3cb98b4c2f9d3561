import { expect, test } from 'vitest';
import { lastMoves, stageSince } from './sets';

const move = (at: string, kind: 'stage' | 'segment' | 'coverage', name: string, entered: boolean) => ({
  at,
  kind,
  name,
  entered,
  backfilled: false,
  program_version: 1,
});
const moves = [
  move('2026-05-01T00:00:00Z', 'segment', 'quiet', true),
  move('2026-04-01T00:00:00Z', 'stage', 'growth', true),
  move('2026-04-01T00:00:00Z', 'stage', 'adoption', false),
  move('2026-03-01T00:00:00Z', 'segment', 'core', false),
  move('2026-02-01T00:00:00Z', 'coverage', 'high', true),
  move('2026-01-01T00:00:00Z', 'stage', 'adoption', true),
  move('2025-01-01T00:00:00Z', 'stage', 'growth', true),
];

test('a stage lasts since it was entered last', () => {
  expect(stageSince(moves, 'growth')).toBe('2026-04-01T00:00:00Z');
});

test('of a stage that was left, or that is older than the history, nothing is said', () => {
  expect(stageSince(moves, 'adoption')).toBeUndefined();
  expect(stageSince(moves, 'renewal')).toBeUndefined();
});

test('the last moves are of segments alone', () => {
  expect(lastMoves(moves, 1).map(one => one.name)).toEqual(['quiet']);
  expect(lastMoves(moves, 9).map(one => [one.name, one.entered])).toEqual([
    ['quiet', true],
    ['core', false],
  ]);
});
