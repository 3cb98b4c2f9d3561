import { describe, expect, test } from 'vitest';
import { columnsOf, csvAddress, filterOf, isNarrowed, NOTHING, nextSort, readSearch, sortOf } from './filter';

describe('the address', () => {
  test('unknown words are dropped, known ones kept', () => {
    expect(readSearch({ band: 'red,mauve', sort: 'shoe', renewal: '31', q: '' })).toEqual({ band: 'red' });
    expect(readSearch({ sort: '-score', owner: 'usr_1' })).toEqual({ sort: '-score', owner: 'usr_1' });
  });
  test('the order of the start is not written', () => {
    expect(readSearch({ sort: '-arr' })).toEqual({});
  });
  test('becomes what the server is asked', () => {
    expect(filterOf({ band: 'red', owner: 'usr_1', renewal: '30' })).toEqual({
      sort: '-arr',
      band: 'red',
      owner_id: 'usr_1',
      renewal_within_days: 30,
    });
  });
  test('of a past day, what nobody knows of then is neither sorted by nor shown', () => {
    const asOf = '2026-10-01';
    expect(filterOf({ sort: '-last_activity_at' }, undefined, asOf)).toEqual({ sort: '-arr', as_of: asOf });
    expect(filterOf({ sort: 'score' }, undefined, asOf)).toEqual({ sort: 'score', as_of: asOf });
    expect(filterOf({ sort: '-last_activity_at' })).toEqual({ sort: '-last_activity_at' });
    expect(sortOf({ sort: 'last_activity_at' }, true)).toEqual({ key: 'arr', down: true });
    const shown = columnsOf({ cols: 'score,grade,last_activity_at' }, true, true);
    expect([shown.score, shown.grade, shown.last_activity_at]).toEqual([true, false, false]);
    expect(columnsOf({}, true, true).last_activity_at).toBe(false);
  });
  test('the CSV is of the same filter', () => {
    expect(csvAddress({ sort: 'name', q: 'a&b' })).toBe('/api/v1/export/accounts.csv?sort=name&q=a%26b');
  });
  test('a column sorts one way and then the other', () => {
    expect(nextSort({}, 'score')).toBe('score');
    expect(nextSort({ sort: 'score' }, 'score')).toBe('-score');
    expect(nextSort({}, 'trend')).toBe('-trend');
    expect(nextSort({}, 'arr')).toBe('arr');
  });
});

test('capabilities 17: the column of grades stands there where there are some, or if somebody asks for it', () => {
  expect(columnsOf({}, false)).toMatchObject({ name: true, score: true, grade: false, open_tickets: true });
  expect(columnsOf({}, true)).toMatchObject({ name: true, score: true, grade: true, open_tickets: true });
  const asked = { name: true, score: false, grade: true, arr: true };
  expect(columnsOf({ cols: 'grade,arr' }, false)).toMatchObject(asked);
  expect(columnsOf({ cols: 'score,arr' }, true)).toMatchObject({ name: true, score: true, grade: false });
  expect(readSearch({ sort: '-grade' })).toEqual({});
});

test('stage, coverage and segments are columns that one asks for, and nothing sorts by them', () => {
  const usual = { name: true, score: true, stage: false, coverage: false, segments: false };
  expect(columnsOf({}, true)).toMatchObject(usual);
  const asked = { name: true, score: false, stage: true, coverage: false, segments: true };
  expect(columnsOf({ cols: 'stage,segments' }, true)).toMatchObject(asked);
  for (const sort of ['stage', '-coverage', 'segments']) expect(readSearch({ sort })).toEqual({});
});

test('where an account stands by the program is a filter like any other', () => {
  const search = readSearch({ segment: 'quiet,core', without: 'saturated', goal: 'onboarding/active' });
  expect(filterOf(search)).toEqual({
    sort: '-arr',
    segment: 'quiet,core',
    without: 'saturated',
    goal: 'onboarding/active',
  });
  expect(isNarrowed({ stage: 'growth' })).toBe(true);
  expect(isNarrowed({ ...search, ...NOTHING })).toBe(false);
});

test('capabilities 17: a grade is a filter like any other, beside its scorecard', () => {
  const search = readSearch({ grade: 'A', scorecard: 'plain' });
  expect(filterOf(search)).toEqual({ sort: '-arr', grade: 'A', scorecard: 'plain' });
  expect(isNarrowed({ grade: 'A' })).toBe(true);
  expect(NOTHING).toHaveProperty('grade', undefined);
});

test('what became of them within so many days is a filter, too', () => {
  const search = readSearch({ segment: 'core', left: '365', renewed: '30' });
  expect(filterOf(search)).toEqual({
    sort: '-arr',
    segment: 'core',
    left_within_days: 365,
    renewed_within_days: 30,
  });
  expect(readSearch({ left: '0', renewed: 'any' })).toEqual({});
  expect(filterOf(readSearch({ left: 'any' }))).toEqual({ sort: '-arr', left: true });
  expect(isNarrowed({ left: '365' })).toBe(true);
  expect(isNarrowed({ renewed: '365' })).toBe(true);
  expect(isNarrowed({ ...search, ...NOTHING })).toBe(false);
});
