import { expect, test } from 'vitest';
import { dayBefore, dayOf, goesBack, momentOf, readAsOf } from './asOf';
import { createFormat } from './format';

const tokyo = createFormat('Asia/Tokyo', 'en-US');

test('an address says a day or a moment, and anything else is now', () => {
  expect(readAsOf({ as_of: '2026-10-01' })).toEqual({ as_of: '2026-10-01' });
  expect(readAsOf({ as_of: '2026-10-01T12:30:00Z' })).toEqual({ as_of: '2026-10-01T12:30:00Z' });
  expect(readAsOf({ as_of: '2026-10-01T12:30:00.123456Z' })).toEqual({
    as_of: '2026-10-01T12:30:00.123456Z',
  });
  for (const text of [
    '',
    'yesterday',
    '2026-02-31',
    '2026-10-01T99:00:00Z',
    '2026-10-01T12:30:00',
    undefined,
  ]) {
    expect(readAsOf({ as_of: text })).toEqual({});
  }
});

test('a day is the midnight that ends it in the workspace’s zone', () => {
  expect(new Date(momentOf('2026-10-01', tokyo.dayStart)).toISOString()).toBe('2026-10-01T15:00:00.000Z');
  expect(momentOf('2026-10-01T12:30:00Z', tokyo.dayStart)).toBe(Date.parse('2026-10-01T12:30:00Z'));
  expect(dayOf('2026-10-01', tokyo.day)).toBe('2026-10-01');
  expect(dayOf('2026-10-01T20:00:00Z', tokyo.day)).toBe('2026-10-02');
  expect(dayBefore('2026-03-01')).toBe('2026-02-28');
});

test('the book, an account and the portfolio go back; nothing below or beside them does', () => {
  for (const path of ['/accounts', '/accounts/', '/accounts/acct_1', '/portfolio'])
    expect(goesBack(path)).toBe(true);
  for (const path of ['/', '/signals', '/segments', '/accounts/acct_1/x', '/portfolios'])
    expect(goesBack(path)).toBe(false);
});
