import { describe, expect, test } from 'vitest';
import { createFormat, unitOf } from './format';

const format = createFormat('America/New_York', 'en-US');
const now = Date.parse('2026-03-15T12:00:00Z');

describe('moments', () => {
  test('a day begins when the zone says, on days of 23 and 25 hours too', () => {
    const berlin = createFormat('Europe/Berlin', 'en-US');
    const start = (day: string) => new Date(berlin.dayStart(day)).toISOString();
    expect(start('2026-03-01')).toBe('2026-02-28T23:00:00.000Z');
    expect(start('2026-03-29')).toBe('2026-03-28T23:00:00.000Z');
    expect(start('2026-03-30')).toBe('2026-03-29T22:00:00.000Z');
    expect(start('2026-10-25')).toBe('2026-10-24T22:00:00.000Z');
    expect(start('2026-10-26')).toBe('2026-10-25T23:00:00.000Z');
    expect(createFormat('UTC', 'en-US').dayStart('2026-07-01')).toBe(Date.parse('2026-07-01T00:00:00Z'));
  });

  test('a moment is shown in the zone of the workspace', () => {
    expect(format.dateTime('2026-03-15T02:30:00Z')).toMatch(/^Mar 14, 2026, 10:30:00\sPM EDT$/);
  });
  test('a day without time is that day in every zone', () => {
    expect(format.date('2026-03-15')).toBe('Mar 15, 2026');
  });
  test('a day begins in the zone of the workspace', () => {
    expect(format.day(Date.parse('2026-03-15T02:30:00Z'))).toBe('2026-03-14');
    expect(format.day(now)).toBe('2026-03-15');
  });
  test('distances use the largest unit that fits', () => {
    expect(format.relative('2026-03-15T11:59:30Z', now)).toBe('now');
    expect(format.relative('2026-03-15T11:57:00Z', now)).toBe('3 minutes ago');
    expect(format.relative('2026-03-14T11:00:00Z', now)).toBe('yesterday');
    expect(format.relative('2026-05-20T00:00:00Z', now)).toBe('in 2 months');
    expect(format.relative('2024-03-15T00:00:00Z', now)).toBe('2 years ago');
  });
});

describe('numbers', () => {
  test('amounts of one column have as many digits, so that they line up', () => {
    const dollars = (minor: number) => ({ minor, currency: 'USD' });
    const column = (values: ({ minor: number; currency: string } | null)[]) =>
      values.map(value => value && format.moneyOf(values)(value));
    expect(column([dollars(4_500_000), dollars(50), null])).toEqual(['$45,000.00', '$0.50', null]);
    expect(column([dollars(4_500_000), dollars(100)])).toEqual(['$45,000', '$1']);
    expect(column([dollars(4_500_050), { minor: 45_000, currency: 'JPY' }])).toEqual([
      '$45,000.50',
      '¥45,000',
    ]);
  });

  test('money counts in the minor unit of its currency', () => {
    expect(format.money({ minor: 4_500_000, currency: 'USD' })).toBe('$45,000');
    expect(format.money({ minor: 4_500_050, currency: 'USD' })).toBe('$45,000.50');
    expect(format.money({ minor: 45_000, currency: 'JPY' })).toBe('¥45,000');
    expect(format.moneyWhole({ minor: 4_500_050, currency: 'USD' })).toBe('$45,001');
    expect(format.moneyWhole({ minor: 45_000, currency: 'JPY' })).toBe('¥45,000');
    expect(format.moneyShort({ minor: 420_000_000, currency: 'USD' })).toBe('$4.2M');
  });
  test('a change carries its sign, and nothing is zero', () => {
    expect(format.signedPoints(4.25)).toBe('+4.3');
    expect(format.signedPoints(-9)).toBe('\u22129.0');
    expect(format.signedPoints(-0.04)).toBe('0.0');
  });
});

test('a unit is a plural, but for one', () => {
  expect(unitOf(1, 'users')).toBe('user');
  expect(unitOf(2, 'users')).toBe('users');
  expect(unitOf(null, 'users')).toBe('users');
  expect(unitOf(1, 's')).toBe('s');
});
