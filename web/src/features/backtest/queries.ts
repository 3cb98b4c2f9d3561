// Back-tests: asking for one, how far it is, and what it came to.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import type { Backtest, BacktestAsk } from '@/api/types';

const KEY = ['backtests'] as const;
const POLL_MS = 700;
const VERSIONS = 50;

export const isUnderWay = (run: Pick<Backtest, 'state'> | undefined): boolean =>
  run?.state === 'queued' || run?.state === 'running';

export function useRuns() {
  return useQuery({
    queryKey: [...KEY, 'list'] as const,
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/backtests', { signal })),
    select: page => page.data,
  });
}

/** Asks again and again until it has ended. */
export function useRun(id: string | undefined) {
  return useQuery({
    queryKey: [...KEY, 'run', id] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/backtests/{backtest_id}', {
          params: { path: { backtest_id: id ?? '' } },
          signal,
        }),
      ),
    enabled: id !== undefined,
    refetchInterval: ({ state: { data } }) => (isUnderWay(data) ? POLL_MS : false),
  });
}

export function useAsk() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: BacktestAsk) => unwrap(client.POST('/api/v1/backtests', { body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: [...KEY, 'list'] }),
  });
}

export function useStop() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.POST('/api/v1/backtests/{backtest_id}/stop', { params: { path: { backtest_id: id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: KEY }),
  });
}

/** The newest versions of the program that could be made active. */
export function useTestable() {
  return useQuery({
    queryKey: [...KEY, 'versions'] as const,
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/program/versions', { params: { query: { limit: VERSIONS } }, signal })),
    select: page => page.items.filter(one => one.failure === null),
  });
}
