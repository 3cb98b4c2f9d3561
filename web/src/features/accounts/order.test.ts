import { expect, test } from 'vitest';
import { movesBetween } from './order';

test('the same order has no moves', () => {
  expect(movesBetween([], [])).toBe(0);
  expect(movesBetween(['a', 'b', 'c'], ['a', 'b', 'c'])).toBe(0);
});

test('rows that only make way do not count', () => {
  expect(movesBetween(['a', 'b', 'c', 'd'], ['d', 'a', 'b', 'c'])).toBe(1);
  expect(movesBetween(['a', 'b', 'c', 'd'], ['new', 'a', 'b', 'c'])).toBe(1);
  expect(movesBetween(['a', 'b', 'c', 'd'], ['b', 'c', 'd'])).toBe(1);
});

test('each row that changes its place counts once', () => {
  expect(movesBetween(['a', 'b', 'c', 'd'], ['d', 'c', 'b', 'a'])).toBe(3);
  expect(movesBetween(['a', 'b', 'c', 'd'], ['c', 'new', 'a', 'b', 'd'])).toBe(2);
});
