// What the stream said of accounts since the list was read: which rows to mark, and how many changes
// of order wait until the reader asks for them.  Holds no account data; the query cache does.
import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { AccountChange } from '@/api/live';
import type { Account, AccountList, AccountRow } from '@/api/types';
import { accountKeys } from './keys';

const FLUSH_MS = 250;
const MARK_MS = 1600;

export interface AppliedChange {
  change: AccountChange;
  before: AccountRow | null;
}

type Listener = (applied: AppliedChange[]) => void;

const waiting = new Map<string, AccountChange>();
const listeners = new Set<Listener>();
const marks = new Map<string, number>();
const markListeners = new Set<() => void>();
let _timer: ReturnType<typeof setTimeout> | null = null;

function patchRow<T extends AccountRow>(row: T, change: AccountChange): T {
  const { gone: _, ...fields } = change;
  const spark = row.spark && change.score ? [...row.spark.slice(0, -1), change.score.points] : row.spark;
  return { ...row, ...fields, ...(spark ? { spark } : {}) };
}

function patchLists(cache: QueryClient, changes: Map<string, AccountChange>): Map<string, AccountRow> {
  const before = new Map<string, AccountRow>();
  cache.setQueriesData<AccountList>({ queryKey: accountKeys.lists }, list => {
    if (!list?.data.some(row => changes.has(row.id))) return list;
    const data = list.data.map(row => {
      const change = changes.get(row.id);
      if (!change) return row;
      before.set(row.id, row);
      return patchRow(row, change);
    });
    return { ...list, data };
  });
  return before;
}

function flush(cache: QueryClient): void {
  _timer = null;
  const changes = new Map(waiting);
  waiting.clear();
  const before = patchLists(cache, changes);
  const now = Date.now();
  for (const [id, at] of marks) if (now - at > MARK_MS) marks.delete(id);
  for (const [id, change] of changes) {
    const row = before.get(id);
    if (row && change.score && row.score?.points !== change.score.points) marks.set(id, now);
    const held = cache.getQueryData<{ value: Account; etag: string | null }>(accountKeys.one(id));
    if (held) {
      cache.setQueryData(accountKeys.one(id), { ...held, value: patchRow(held.value, change) });
      cache.invalidateQueries({ queryKey: accountKeys.parts(id) }, { cancelRefetch: false });
    }
  }
  const applied = [...changes].map(([id, change]) => ({ change, before: before.get(id) ?? null }));
  for (const listener of listeners) listener(applied);
  for (const listener of markListeners) listener();
}

/** Takes one message; several within a quarter of a second are applied together. */
export function applyAccountChange(cache: QueryClient, change: AccountChange): void {
  waiting.set(change.id, { ...waiting.get(change.id), ...change });
  _timer ??= setTimeout(() => flush(cache), FLUSH_MS);
}

export function onAccountChanges(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** When the score of the account changed last, if that was a moment ago. */
export function useMark(id: string): number | undefined {
  return useSyncExternalStore(
    notify => {
      markListeners.add(notify);
      return () => markListeners.delete(notify);
    },
    () => marks.get(id),
  );
}
