import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AccountList, AccountRow } from '@/api/types';
import { type AppliedChange, applyAccountChange, onAccountChanges } from './changes';
import { accountKeys } from './keys';

const score = (points: number) => ({ points, band: 'green' as const, grey: false, confidence: 1 });
const row = (id: string): AccountRow => ({
  id,
  external_id: id,
  name: id,
  score: score(80),
  trend: 0,
  spark: [79, 80],
  arr: null,
  renewal_at: null,
  owner: null,
  last_activity_at: null,
  scorecard: null,
  open_tickets: 0,
});
const key = accountKeys.page({ sort: 'name' }, 0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('changes within a moment are applied together, in place, and other rows stay the same objects', () => {
  const cache = new QueryClient();
  const list: AccountList = { data: [row('a'), row('b')], next_cursor: null, total: 2 };
  cache.setQueryData(key, list);
  const heard: AppliedChange[][] = [];
  const stop = onAccountChanges(applied => heard.push(applied));

  applyAccountChange(cache, { id: 'b', score: score(70) });
  applyAccountChange(cache, { id: 'b', open_tickets: 2 });
  applyAccountChange(cache, { id: 'elsewhere', trend: 1 });
  vi.advanceTimersByTime(1000);
  stop();

  const after = cache.getQueryData<AccountList>(key);
  expect(after?.data[0]).toBe(list.data[0]);
  expect(after?.data[1]).toMatchObject({ score: score(70), open_tickets: 2, spark: [79, 70] });
  expect(heard).toHaveLength(1);
  expect(heard[0]?.map(one => [one.change.id, one.before?.id])).toEqual([
    ['b', 'b'],
    ['elsewhere', undefined],
  ]);
});
