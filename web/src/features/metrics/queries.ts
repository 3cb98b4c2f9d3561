// Daily values of an account's metrics.
import { useQuery } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { accountPart } from '@/api/keys';

export function useMetrics(id: string, from: string) {
  return useQuery({
    queryKey: [...accountPart(id), 'metrics', from] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts/{account_id}/metrics', {
          params: { path: { account_id: id }, query: { from } },
          signal,
        }),
      ),
    select: list => list.data,
  });
}
