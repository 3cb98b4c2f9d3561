import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Claims, onWatched, watchAccounts } from './watch';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what several show is told together, once each', () => {
  const told: string[][] = [];
  const claims = new Claims<string>(ids => told.push(ids));
  claims.set('tab 1', ['b', 'a']);
  claims.set('tab 2', ['b', 'c']);
  claims.set('tab 2', ['c', 'b']);
  claims.drop('tab 1');
  expect(told).toEqual([
    ['a', 'b'],
    ['a', 'b', 'c'],
    ['b', 'c'],
  ]);
});

test('rows that come and go while one scrolls are told of when it rests', () => {
  const told: (readonly string[])[] = [];
  const stop = onWatched(ids => told.push(ids));
  watchAccounts(['a'])();
  const leave = watchAccounts(['b']);
  vi.advanceTimersByTime(1000);
  leave();
  vi.advanceTimersByTime(1000);
  stop();
  expect(told).toEqual([[], ['b'], []]);
});
