// The touches of an account: pages of them, adding one, taking one back.
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { accountPart } from '@/api/keys';
import type { TouchCreate } from '@/api/types';

const PAGE_ROWS = 50;

export function useTouches(id: string) {
  return useInfiniteQuery({
    queryKey: [...accountPart(id), 'touches'] as const,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE_ROWS, ...(pageParam ? { cursor: pageParam } : {}) };
      return unwrap(
        client.GET('/api/v1/accounts/{account_id}/touches', {
          params: { path: { account_id: id }, query },
          signal,
        }),
      );
    },
    initialPageParam: '',
    getNextPageParam: page => page.next_cursor,
  });
}

function useChange<T>(id: string, change: (what: T) => Promise<unknown>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => cache.invalidateQueries({ queryKey: accountPart(id) }),
  });
}

export function useTouch(id: string) {
  const params = { path: { account_id: id } };
  return useChange(id, (body: TouchCreate) =>
    unwrap(client.POST('/api/v1/accounts/{account_id}/touches', { params, body })),
  );
}

export function useWithdraw(id: string) {
  return useChange(id, (touch_id: string) =>
    unwrap(
      client.DELETE('/api/v1/accounts/{account_id}/touches/{touch_id}', {
        params: { path: { account_id: id, touch_id } },
      }),
    ),
  );
}
