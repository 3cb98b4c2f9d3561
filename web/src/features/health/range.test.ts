import { expect, test } from 'vitest';
import { rangeText, readRange, spanOf } from './range';

const start = (day: string) => Date.parse(`${day}T00:00:00Z`);
const now = start('2026-03-31');

test('a range is what the address says, or a year', () => {
  expect(readRange(undefined)).toEqual({ choice: '365' });
  expect(readRange('90')).toEqual({ choice: '90' });
  expect(readRange('2026-01-01..2026-02-01')).toEqual({
    choice: 'dates',
    from: '2026-01-01',
    to: '2026-02-01',
  });
  expect(readRange('2026-02-01..2026-01-01')).toEqual({ choice: '365' });
  for (const text of ['28', 'all', '2026-01-01..2026-02-01']) expect(rangeText(readRange(text))).toBe(text);
  expect(rangeText(readRange('365'))).toBeUndefined();
});

test('two days are from the beginning of the one to the end of the other', () => {
  expect(spanOf(readRange('2026-01-01..2026-02-01'), now, start)).toEqual({
    from: '2026-01-01T00:00:00.000Z',
    to: '2026-02-02T00:00:00.000Z',
  });
  expect(spanOf(readRange('28'), now, start)).toEqual({ from: '2026-03-03T00:00:00.000Z' });
});
