import { describe, expect, it } from 'vitest';
import { filterOf, readSignalSearch } from './search';

describe('the address of the inbox', () => {
  it('keeps what is known and drops the rest', () => {
    expect(
      readSignalSearch({ state: 'snoozed', severity: 'high,loud,low', rule: 'friction', other: 'x' }),
    ).toEqual({ state: 'snoozed', severity: 'high,low', rule: 'friction' });
    expect(readSignalSearch({ state: 'lost', severity: 'loud' })).toEqual({});
  });

  it('begins with what is open, for those who carry accounts with their own', () => {
    expect(filterOf({}, true)).toEqual({ state: 'open', assignee: 'me' });
    expect(filterOf({}, false)).toEqual({ state: 'open' });
    expect(filterOf({ who: 'all' }, true)).toEqual({ state: 'open' });
    expect(filterOf(readSignalSearch({ since: '2026-03-01' }), false).raised_since).toBe(
      '2026-03-01T00:00:00.000Z',
    );
    expect(readSignalSearch({ since: 'soon' })).toEqual({});
    expect(filterOf({ who: 'none', state: 'held' }, false)).toEqual({ state: 'held', assignee: 'none' });
  });
});
