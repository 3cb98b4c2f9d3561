// What the stream said of accounts: puts it into the cached rows and marks those whose score moved.
// Holds no account data; the query cache does.
import type { QueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import type { AccountChange } from '@/api/live';
import type { Account, AccountList, AccountRow } from '@/api/types';
import { watchAccounts } from '@/api/watch';
import { accountKeys } from './keys';

/** The server sends what changed ten times a second; each such burst is drawn once. */
const FLUSH_MS = 30;
const MARK_MS = 1600;
/** What hangs below an account that changes all the time is read again this often at most. */
const PARTS_MS = 400;

const waiting = new Map<string, AccountChange>();
const listeners = new Set<() => void>();
const marks = new Map<string, number>();
const markListeners = new Set<() => void>();
/** When the parts of an account were read last; the future while a reading waits. */
const partsReadAt = new Map<string, number>();
let _timer: ReturnType<typeof setTimeout> | null = null;

function patchRow<T extends AccountRow>(row: T, change: AccountChange): T {
  const { gone: _, ...fields } = change;
  const spark = row.spark && change.score ? [...row.spark.slice(0, -1), change.score.points] : row.spark;
  return { ...row, ...fields, ...(spark ? { spark } : {}) };
}

function mark(row: AccountRow, change: AccountChange, now: number): void {
  if (change.score && row.score?.points !== change.score.points) marks.set(row.id, now);
}

function patchLists(cache: QueryClient, changes: Map<string, AccountChange>, now: number): void {
  cache.setQueriesData<AccountList>({ queryKey: accountKeys.lists }, list => {
    if (!list?.data.some(row => changes.has(row.id))) return list;
    const data = list.data.map(row => {
      const change = changes.get(row.id);
      if (!change) return row;
      mark(row, change, now);
      return patchRow(row, change);
    });
    return { ...list, data };
  });
}

/** At once after a while, else a little later, and later still while the reading before is on its
 * way: the last change is never missed. */
function readParts(cache: QueryClient, id: string): void {
  const now = Date.now();
  const last = partsReadAt.get(id) ?? 0;
  if (last > now) return;
  const read = () => {
    if (cache.isFetching({ queryKey: accountKeys.parts(id) }) > 0) {
      setTimeout(read, PARTS_MS);
      return;
    }
    partsReadAt.set(id, Date.now());
    cache.invalidateQueries({ queryKey: accountKeys.parts(id) });
  };
  partsReadAt.set(id, Number.POSITIVE_INFINITY);
  setTimeout(read, Math.max(0, last + PARTS_MS - now));
}

function flush(cache: QueryClient): void {
  _timer = null;
  const changes = new Map(waiting);
  waiting.clear();
  const now = Date.now();
  for (const [id, at] of marks) if (now - at > MARK_MS) marks.delete(id);
  patchLists(cache, changes, now);
  for (const [id, change] of changes) {
    const held = cache.getQueryData<{ value: Account; etag: string | null }>(accountKeys.one(id));
    if (!held) continue;
    mark(held.value, change, now);
    cache.setQueryData(accountKeys.one(id), { ...held, value: patchRow(held.value, change) });
    readParts(cache, id);
  }
  for (const listener of listeners) listener();
  for (const listener of markListeners) listener();
}

/** Takes one message; those of a moment are applied together. */
export function applyAccountChange(cache: QueryClient, change: AccountChange): void {
  waiting.set(change.id, { ...waiting.get(change.id), ...change });
  _timer ??= setTimeout(() => flush(cache), FLUSH_MS);
}

/** Accounts that no page shows have changed. */
export function othersChanged(): void {
  for (const listener of listeners) listener();
}

/** Called when any account changed, shown or not. */
export function onChanges(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The server tells of these accounts while the component is on screen. */
export function useWatched(ids: readonly string[]): void {
  const key = ids.join();
  useEffect(() => watchAccounts(key === '' ? [] : key.split(',')), [key]);
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
