// The sources of events: write keys, what they sent, what of it was rejected.
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';

export const sourceKeys = {
  all: ['sources'] as const,
  list: ['sources', 'list'] as const,
  rejected: (id: string, count: number) => ['sources', 'rejected', id, count] as const,
};

const REFRESH_MS = 5000;

export function useSources() {
  return useQuery({
    queryKey: sourceKeys.list,
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/sources', { params: { query: { limit: 200 } }, signal })),
    select: list => list.data,
    refetchInterval: REFRESH_MS,
  });
}

/** Asked again at once when more were rejected than before. */
export function useRejected(id: string, count: number) {
  return useQuery({
    queryKey: sourceKeys.rejected(id, count),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/sources/{source_id}/rejected', {
          params: { path: { source_id: id }, query: { limit: 100 } },
          signal,
        }),
      ),
    select: list => list.data,
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
}

export function useCreateSource() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => unwrap(client.POST('/api/v1/sources', { body: { name } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: sourceKeys.list }),
  });
}

export function useRevokeSource() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.DELETE('/api/v1/sources/{source_id}', { params: { path: { source_id: id } } })),
    onSettled: () => cache.invalidateQueries({ queryKey: sourceKeys.list }),
  });
}
