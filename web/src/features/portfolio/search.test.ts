import { expect, test } from 'vitest';
import { rangeOf, readPortfolioSearch } from './search';

const day = (at: number) => new Date(at).toISOString().slice(0, 10);
const now = Date.parse('2026-03-31T12:00:00Z');

test('an address keeps what is known and drops the rest', () => {
  expect(readPortfolioSearch({ since: '7', from: '2026-01-01', x: 'y' })).toEqual({ since: '7' });
  expect(readPortfolioSearch({ since: 'never', owner: 'user_1' })).toEqual({ owner: 'user_1' });
  expect(readPortfolioSearch({ since: 'dates', from: '2026-01-01', to: 'soon' })).toEqual({
    since: 'dates',
    from: '2026-01-01',
  });
});

test('who was here on another day sees what changed since, the others 28 days', () => {
  expect(rangeOf({}, undefined, now, day)).toEqual({ choice: '28', from: '2026-03-03' });
  expect(rangeOf({}, Date.parse('2026-03-31T08:00:00Z'), now, day).choice).toBe('28');
  expect(rangeOf({}, Date.parse('2026-03-28T08:00:00Z'), now, day)).toEqual({
    choice: 'seen',
    from: '2026-03-28',
  });
  expect(rangeOf({ since: 'seen' }, undefined, now, day).choice).toBe('28');
});

test('two dates are taken as they are, unless they lie ahead or the wrong way round', () => {
  const range = (from: string, to: string) => rangeOf({ since: 'dates', from, to }, undefined, now, day);
  expect(range('2026-01-01', '2026-02-01')).toEqual({
    choice: 'dates',
    from: '2026-01-01',
    to: '2026-02-01',
  });
  expect(range('2026-01-01', '2026-03-31').to).toBeUndefined();
  expect(range('2026-02-01', '2026-01-01').to).toBeUndefined();
  expect(range('2027-02-01', '').from).toBe('2026-03-03');
});
