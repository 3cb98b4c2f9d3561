// The inbox: which signals there are, what stands behind each, and what people do about them.
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useEffect } from 'react';
import { client, unwrap } from '@/api/client';
import type { SignalBulk } from '@/api/types';
import { whileChanging } from '@/features/accounts';
import type { SignalFilter } from './search';

export type Outcome = NonNullable<SignalBulk['outcome']>;

const KEY = ['signals'] as const;
const PAGE_ROWS = 100;
/** While accounts change, the inbox is read again this often at most. */
const REST_MS = 1500;
/** And the number in the navigation, which is on every page. */
const COUNT_REST_MS = 3000;

export function useInbox(filter: SignalFilter) {
  return useInfiniteQuery({
    queryKey: [...KEY, 'list', filter] as const,
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, limit: PAGE_ROWS, ...(pageParam ? { cursor: pageParam } : {}) };
      return unwrap(client.GET('/api/v1/signals', { params: { query }, signal }));
    },
    initialPageParam: '',
    getNextPageParam: page => page.next_cursor,
    placeholderData: keepPreviousData,
  });
}

/** How many are open for this caller, for the navigation. */
export function useOpenCount(assignee: string | undefined) {
  return useQuery({
    queryKey: [...KEY, 'count', assignee] as const,
    queryFn: ({ signal }) => {
      const query = { state: 'open', limit: 1, ...(assignee ? { assignee } : {}) };
      return unwrap(client.GET('/api/v1/signals', { params: { query }, signal }));
    },
    select: page => page.total,
  });
}

export function useSignal(id: string | undefined) {
  return useQuery({
    queryKey: [...KEY, 'one', id] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/signals/{signal_id}', { params: { path: { signal_id: id ?? '' } }, signal }),
      ),
    placeholderData: keepPreviousData,
    enabled: id !== undefined,
  });
}

export function useRules() {
  return useQuery({
    queryKey: [...KEY, 'rules'] as const,
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/signal-rules', { signal })),
    select: list => list.data,
    staleTime: 60_000,
  });
}

export function useAccountSignals(id: string) {
  return useQuery({
    queryKey: [...KEY, 'account', id] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts/{account_id}/signals', {
          params: { path: { account_id: id }, query: { state: 'open,snoozed,already_true,held' } },
          signal,
        }),
      ),
    select: page => page.data,
  });
}

/** All that the account ever had, for its time line. */
export function useSignalHistory(id: string) {
  return useQuery({
    queryKey: [...KEY, 'account', id, 'all'] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts/{account_id}/signals', {
          params: { path: { account_id: id }, query: { limit: 200 } },
          signal,
        }),
      ),
    select: page => page.data,
  });
}

/** How many there are by state and by severity: those that are open, or those raised since a moment. */
export function useCounts(assignee: string | undefined, raised_since: string | undefined) {
  const query = {
    limit: 1,
    ...(assignee ? { assignee } : {}),
    ...(raised_since ? { raised_since } : { state: 'open' }),
  };
  return useQuery({
    queryKey: [...KEY, 'counts', query] as const,
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/signals', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** The most urgent ones that are open. */
export function useMostUrgent(assignee: string | undefined, limit: number) {
  const query = { state: 'open', limit, ...(assignee ? { assignee } : {}) };
  return useQuery({
    queryKey: [...KEY, 'urgent', query] as const,
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/signals', { params: { query }, signal })),
    select: page => page.data,
    placeholderData: keepPreviousData,
  });
}

/** One action with any number of signals; what could not be done is told of, the rest is done. */
export function useAct() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: SignalBulk) => unwrap(client.POST('/api/v1/signals/bulk', { body })),
    onSettled: () => cache.invalidateQueries({ queryKey: KEY }),
  });
}

/** A task of a signal is done, or open again. */
export function useMarkTask(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ number, done }: { number: number; done: boolean }) =>
      unwrap(
        client.POST('/api/v1/signals/{signal_id}/tasks/{number}', {
          params: { path: { signal_id: id, number } },
          body: { done },
        }),
      ),
    onSettled: () => cache.invalidateQueries({ queryKey: KEY }),
  });
}

/** Keeps the number in the navigation true: the stream says that something changed. */
export function useLiveCount(): void {
  const cache = useQueryClient();
  useEffect(
    () => whileChanging(COUNT_REST_MS, () => void cache.invalidateQueries({ queryKey: [...KEY, 'count'] })),
    [cache],
  );
}

/** Keeps what is shown of signals true while it is open. */
export function useLiveSignals(): void {
  const cache = useQueryClient();
  useEffect(() => whileChanging(REST_MS, () => void cache.invalidateQueries({ queryKey: KEY })), [cache]);
}
