// Comparisons of two versions: asking for one, how far it is, and what it came to.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import type { Comparison, ComparisonAsk } from '@/api/types';

const KEY = ['comparisons'] as const;
const POLL_MS = 700;

export const isComparing = (run: Pick<Comparison, 'state'> | undefined): boolean =>
  run?.state === 'queued' || run?.state === 'running';

export function useComparisons() {
  return useQuery({
    queryKey: [...KEY, 'list'] as const,
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/comparisons', { signal })),
    select: page => page.data,
  });
}

/** Asks again and again until it has ended. */
export function useComparison(id: string | undefined) {
  return useQuery({
    queryKey: [...KEY, 'run', id] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/comparisons/{comparison_id}', {
          params: { path: { comparison_id: id ?? '' } },
          signal,
        }),
      ),
    enabled: id !== undefined,
    refetchInterval: ({ state: { data } }) => (isComparing(data) ? POLL_MS : false),
  });
}

export function useAskComparison() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: ComparisonAsk) => unwrap(client.POST('/api/v1/comparisons', { body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: [...KEY, 'list'] }),
  });
}

export function useStopComparison() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(
        client.POST('/api/v1/comparisons/{comparison_id}/stop', {
          params: { path: { comparison_id: id } },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: KEY }),
  });
}
