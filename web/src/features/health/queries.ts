// The score of one account: how it comes about, and its past.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { detailOf, hasStatus } from '@/api/errors';
import { accountPart } from '@/api/keys';

/** Data is null while the account has no score, and noScore says why.  `at`: as of that day, instead of now. */
export function useHealth(id: string, since: string, at?: string) {
  const query = useQuery({
    queryKey: [...accountPart(id), 'health', since, at] as const,
    queryFn: async ({ signal }) => {
      const params = { path: { account_id: id }, query: { since, ...(at ? { at } : {}) } };
      try {
        return await unwrap(client.GET('/api/v1/accounts/{account_id}/health', { params, signal }));
      } catch (error) {
        if (hasStatus(error, 404)) return { noScore: detailOf(error) };
        throw error;
      }
    },
    placeholderData: keepPreviousData,
  });
  // Only what is asked for: a change of anything else draws nothing anew.
  const { data, error, isPending, isPlaceholderData, refetch } = query;
  const why = data && 'noScore' in data ? data.noScore : null;
  const health = data && 'noScore' in data ? null : data;
  return { data: health, noScore: why, error, isPending, isPlaceholderData, refetch };
}

export function useHistory(id: string, { from, to }: { from: string; to?: string }) {
  const query = { from, ...(to ? { to } : {}) };
  return useQuery({
    queryKey: [...accountPart(id), 'history', query] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts/{account_id}/health/history', {
          params: { path: { account_id: id }, query },
          signal,
        }),
      ),
    select: list => ({ points: list.data, shadows: list.shadows }),
  });
}
