// The score of one account: how it comes about, and its past.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { hasStatus } from '@/api/errors';
import { accountPart } from '@/api/keys';

/** Null while the account has no score. */
export function useHealth(id: string, since: string) {
  return useQuery({
    queryKey: [...accountPart(id), 'health', since] as const,
    queryFn: async ({ signal }) => {
      const params = { path: { account_id: id }, query: { since } };
      try {
        return await unwrap(client.GET('/api/v1/accounts/{account_id}/health', { params, signal }));
      } catch (error) {
        if (hasStatus(error, 404)) return null;
        throw error;
      }
    },
    placeholderData: keepPreviousData,
  });
}

export function useHistory(id: string, from: string) {
  return useQuery({
    queryKey: [...accountPart(id), 'history', from] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts/{account_id}/health/history', {
          params: { path: { account_id: id }, query: { from } },
          signal,
        }),
      ),
    select: list => list.data,
  });
}
