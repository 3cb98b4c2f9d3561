import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AccountList, AccountRow } from '@/api/types';
import { applyAccountChange, onChanges, othersChanged } from './changes';
import { accountKeys } from './keys';

const score = (points: number) => ({
  points,
  band: 'green' as const,
  grey: false,
  confidence: 1,
  by_hand: false,
  computed: null,
  override: null,
  whole: Math.round(points),
  grade: null,
});
const row = (id: string): AccountRow => ({
  id,
  external_id: id,
  name: id,
  score: score(80),
  drift: null,
  trend: 0,
  spark: [79, 80],
  arr: null,
  renewal_at: null,
  owner: null,
  last_activity_at: null,
  scorecard: null,
  open_tickets: 0,
  coverage: null,
  lifecycle_stage: null,
  segments: [],
  flags: [],
  gaps: [],
});
const key = accountKeys.page({ sort: 'name' }, 0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('changes within a moment are applied together, in place, and other rows stay the same objects', () => {
  const cache = new QueryClient();
  const list: AccountList = { data: [row('a'), row('b')], next_cursor: null, total: 2, as_of: null };
  cache.setQueryData(key, list);
  const heard = vi.fn();
  const stop = onChanges(heard);

  applyAccountChange(cache, { id: 'b', score: score(70) });
  applyAccountChange(cache, { id: 'b', open_tickets: 2 });
  applyAccountChange(cache, { id: 'elsewhere', trend: 1 });
  vi.advanceTimersByTime(1000);
  expect(heard).toHaveBeenCalledTimes(1);
  othersChanged();
  expect(heard).toHaveBeenCalledTimes(2);
  stop();

  const after = cache.getQueryData<AccountList>(key);
  expect(after?.data[0]).toBe(list.data[0]);
  expect(after?.data[1]).toMatchObject({ score: score(70), open_tickets: 2, spark: [79, 70] });
});

test('what hangs below an account is read again, and the last change is never missed', async () => {
  const cache = new QueryClient();
  const account = { value: { ...row('a'), domain: null, traits: [] }, etag: null };
  cache.setQueryData(accountKeys.one('a'), account);
  const reads = vi.spyOn(cache, 'invalidateQueries');
  for (let points = 0; points < 50; points++) {
    applyAccountChange(cache, { id: 'a', score: score(points) });
    vi.advanceTimersByTime(20);
  }
  expect(reads.mock.calls.length).toBeLessThanOrEqual(4);
  const before = reads.mock.calls.length;
  applyAccountChange(cache, { id: 'a', score: score(99) });
  vi.advanceTimersByTime(1000);
  expect(reads.mock.calls.length).toBeGreaterThan(before);
  expect(cache.getQueryData<typeof account>(accountKeys.one('a'))?.value.score).toEqual(score(99));
});
