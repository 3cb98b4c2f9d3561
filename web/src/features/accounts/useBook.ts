// The rows of the book: pages of the server's answer around what is on screen, and the changes of
// order that wait for the reader.
import { keepPreviousData, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { AccountList, AccountRow } from '@/api/types';
import { onChanges } from './changes';
import type { AccountFilter } from './filter';
import { accountKeys } from './keys';
import { movesBetween } from './order';
import { PAGE_ROWS, pageQuery, readPage } from './queries';

/** While accounts change, the order on screen is compared with the server's this often. */
const PROBE_MS = 2000;
/** The first change after a while is looked at soon, with those that come along. */
const SOON_MS = 300;

interface Probe {
  /** Ids in the server's order now, by page. */
  pages: Map<number, string[]>;
  total: number;
}

/** How the list would look if it were read again; the rows on screen stay as they are. */
function useProbe(filter: AccountFilter, pages: readonly number[]) {
  const [probe, setProbe] = useState<Probe | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new filter starts without waiting changes
  useEffect(() => setProbe(null), [filter]);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | null = null;
    let lookedAt = 0;
    const look = async () => {
      lookedAt = Date.now();
      try {
        const lists = await Promise.all(pages.map(page => readPage(filter, page, stop.signal)));
        const ids = lists.map((list, i) => [pages[i] ?? 0, list.data.map(row => row.id)] as const);
        if (!stop.signal.aborted) setProbe({ pages: new Map(ids), total: lists[0]?.total ?? 0 });
      } catch {
        // Nothing is lost: the next change looks again.
      }
      timer = null;
    };
    const stopListening = onChanges(() => {
      if (document.hidden) return;
      timer ??= setTimeout(() => void look(), Math.max(SOON_MS, lookedAt + PROBE_MS - Date.now()));
    });
    return () => {
      stop.abort();
      stopListening();
      if (timer !== null) clearTimeout(timer);
    };
  }, [filter, pages]);
  return { probe, forget: useCallback(() => setProbe(null), []) };
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
  /** The past moment that the rows are of; null: now. */
  asOf: AccountList['as_of'];
}

/** `pages` are the numbers of the pages that are on screen. */
export function useBook(filter: AccountFilter, pages: readonly number[]): Book {
  const first = useQuery({ ...pageQuery(filter, 0), placeholderData: keepPreviousData });
  const others = useQueries({
    queries: pages.filter(page => page > 0).map(page => pageQuery(filter, page)),
    combine: results => results.map(result => ({ data: result.data, error: result.error })),
  });
  const total = first.data?.total ?? 0;
  const cache = useQueryClient();
  const { probe, forget } = useProbe(filter, pages);

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

  const updates = useMemo(() => {
    if (!probe || first.isPlaceholderData) return 0;
    let moves = 0;
    for (const [page, ids] of probe.pages) {
      const start = starts.get(page);
      if (start === undefined) continue;
      moves += movesBetween(
        rows.slice(start, start + PAGE_ROWS).map(row => row.id),
        ids,
      );
    }
    return Math.max(moves, Math.abs(probe.total - total));
  }, [probe, first.isPlaceholderData, rows, starts, total]);

  const apply = useCallback(() => {
    forget();
    cache.invalidateQueries({ queryKey: accountKeys.lists });
  }, [cache, forget]);

  return {
    total,
    latestTotal: probe?.total ?? total,
    row,
    rows,
    loading: first.isPending,
    stale: first.isPlaceholderData,
    error: first.error ?? others.find(one => one.error)?.error ?? null,
    retry: () => void first.refetch(),
    updates,
    apply,
    asOf: first.data?.as_of ?? null,
  };
}
