// The rows of the book: pages of the server's answer around what is on screen, and the changes of
// order that wait for the reader.
import { keepPreviousData, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { AccountRow } from '@/api/types';
import { type AppliedChange, onAccountChanges } from './changes';
import type { AccountFilter } from './filter';
import { accountKeys } from './keys';
import { PAGE_ROWS, pageQuery, useTotal } from './queries';

const PROBE_MS = 2000;

/** Would reading the list again put this account elsewhere? */
export function movesInOrder(filter: AccountFilter, { change, before }: AppliedChange): boolean {
  if (change.gone) return before !== null;
  const key = filter.sort.replace(/^-/, '');
  if (filter.band && change.score !== undefined) {
    if (!before || before.score?.band !== change.score?.band || before.score?.grey !== change.score?.grey)
      return true;
  }
  if (key === 'score') {
    return change.score !== undefined && before?.score?.points !== change.score?.points;
  }
  if (key === 'trend' || key === 'last_activity_at') {
    return change[key] !== undefined && before?.[key] !== change[key];
  }
  return false;
}

function usePending(filter: AccountFilter, shown: number | undefined) {
  const cache = useQueryClient();
  const [moved, setMoved] = useState<ReadonlySet<string>>(new Set());
  const total = useTotal(filter);
  const refetchTotal = total.refetch;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new filter starts without waiting changes
  useEffect(() => setMoved(new Set()), [filter]);
  useEffect(() => {
    let probedAt = 0;
    return onAccountChanges(applied => {
      const ids = applied.filter(one => movesInOrder(filter, one)).map(one => one.change.id);
      if (ids.length > 0) setMoved(old => new Set([...old, ...ids]));
      if (applied.some(one => one.before === null) && Date.now() - probedAt > PROBE_MS) {
        probedAt = Date.now();
        refetchTotal();
      }
    });
  }, [filter, refetchTotal]);

  const added = shown === undefined || total.data === undefined ? 0 : Math.abs(total.data - shown);
  const apply = useCallback(() => {
    setMoved(new Set());
    cache.invalidateQueries({ queryKey: accountKeys.lists });
  }, [cache]);
  return { updates: moved.size + added, latestTotal: total.data, apply };
}

export interface Book {
  total: number;
  latestTotal: number;
  row(index: number): AccountRow | undefined;
  rows: AccountRow[];
  loading: boolean;
  stale: boolean;
  error: unknown;
  retry(): void;
  updates: number;
  apply(): void;
}

/** `pages` are the numbers of the pages that are on screen. */
export function useBook(filter: AccountFilter, pages: readonly number[]): Book {
  const first = useQuery({ ...pageQuery(filter, 0), placeholderData: keepPreviousData });
  const others = useQueries({
    queries: pages.filter(page => page > 0).map(page => pageQuery(filter, page)),
    combine: results => results.map(result => ({ data: result.data, error: result.error })),
  });
  const total = first.data?.total ?? 0;
  const pending = usePending(filter, first.isPlaceholderData ? undefined : first.data?.total);

  const { rows, starts } = useMemo(() => {
    const numbers = pages.filter(page => page > 0);
    const rows: AccountRow[] = [...(first.data?.data ?? [])];
    const starts = new Map<number, number>([[0, 0]]);
    numbers.forEach((page, i) => {
      const data = others[i]?.data;
      if (!data) return;
      starts.set(page, rows.length);
      rows.push(...data.data);
    });
    return { rows, starts };
  }, [first.data, others, pages]);

  const row = useCallback(
    (index: number) => {
      const page = Math.floor(index / PAGE_ROWS);
      const start = starts.get(page);
      return start === undefined ? undefined : rows[start + (index % PAGE_ROWS)];
    },
    [rows, starts],
  );

  return {
    total,
    latestTotal: pending.latestTotal ?? total,
    row,
    rows,
    loading: first.isPending,
    stale: first.isPlaceholderData,
    error: first.error ?? others.find(one => one.error)?.error ?? null,
    retry: () => void first.refetch(),
    updates: pending.updates,
    apply: pending.apply,
  };
}
