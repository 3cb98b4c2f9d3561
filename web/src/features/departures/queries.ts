// Accounts that left: the marks, who might be one, and changing them.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import { accountPart } from '@/api/keys';

const KEY = ['departures'] as const;
export const LISTED_MOST = 200;

export function useDepartures() {
  return useQuery({
    queryKey: [...KEY, 'marked'] as const,
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/departures', { params: { query: { limit: LISTED_MOST } }, signal })),
  });
}

/** Whose last contract ended and who is not marked. */
export function useSuggested() {
  return useQuery({
    queryKey: [...KEY, 'suggested'] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/departures/suggested', { params: { query: { limit: LISTED_MOST } }, signal }),
      ),
    select: page => page.data,
  });
}

export function useDeparture(accountId: string) {
  return useQuery({
    queryKey: [...accountPart(accountId), 'departure'] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts/{account_id}/departure', {
          params: { path: { account_id: accountId } },
          signal,
        }),
      ),
  });
}

function useChanged() {
  const cache = useQueryClient();
  return (accountId?: string) =>
    Promise.all([
      cache.invalidateQueries({ queryKey: KEY }),
      accountId && cache.invalidateQueries({ queryKey: accountPart(accountId) }),
    ]);
}

export function useMark() {
  const changed = useChanged();
  return useMutation({
    mutationFn: ({ id, left_on, reason }: { id: string; left_on: string; reason: string }) =>
      unwrap(
        client.POST('/api/v1/accounts/{account_id}/departure', {
          params: { path: { account_id: id } },
          body: { left_on, reason },
        }),
      ),
    onSuccess: (_, { id }) => changed(id),
  });
}

export function useUnmark() {
  const changed = useChanged();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(
        client.DELETE('/api/v1/accounts/{account_id}/departure', { params: { path: { account_id: id } } }),
      ),
    onSuccess: (_, id) => changed(id),
  });
}

export function useImport() {
  const changed = useChanged();
  return useMutation({
    mutationFn: (csv: string) => unwrap(client.POST('/api/v1/departures', { body: { csv } })),
    onSuccess: () => changed(),
  });
}
