import { expect, test } from 'vitest';
import { isDay, nextDay } from './days';

test('a day is one of the calendar', () => {
  expect(['2026-02-28', '2028-02-29'].every(isDay)).toBe(true);
  expect(['2026-02-29', '2026-99-99', '2026-00-10', '2026-3-1', 'soon', ''].some(isDay)).toBe(false);
  expect(['0001-01-01', '9999-12-31'].some(isDay)).toBe(false);
  expect(isDay(undefined)).toBe(false);
  expect(nextDay('2026-02-28')).toBe('2026-03-01');
});
