// What users say of an account: sentiments and overrides.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { accountPart } from '@/api/keys';
import type { JudgementCreate } from '@/api/types';

export function useJudgements(accountId: string) {
  return useQuery({
    queryKey: [...accountPart(accountId), 'judgements'] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts/{account_id}/judgements', {
          params: { path: { account_id: accountId }, query: { limit: 50 } },
          signal,
        }),
      ),
    select: list => list.data,
  });
}

function useChange<T>(accountId: string, change: (what: T) => Promise<unknown>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => cache.invalidateQueries({ queryKey: accountPart(accountId) }),
  });
}

export function useJudge(accountId: string) {
  const params = { path: { account_id: accountId } };
  return useChange(accountId, (body: JudgementCreate) =>
    unwrap(client.POST('/api/v1/accounts/{account_id}/judgements', { params, body })),
  );
}

export function useTakeBack(accountId: string) {
  return useChange(accountId, (id: string) =>
    unwrap(
      client.DELETE('/api/v1/accounts/{account_id}/judgements/{judgement_id}', {
        params: { path: { account_id: accountId, judgement_id: id } },
      }),
    ),
  );
}
