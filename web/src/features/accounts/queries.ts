// Reading and changing accounts.
import { keepPreviousData, queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, mergePatch, unwrap, unwrapTagged } from '@/api/client';
import type { Account } from '@/api/types';
import { useAsOf } from '@/lib/asOf';
import type { AccountFilter } from './filter';
import { accountKeys } from './keys';

export const PAGE_ROWS = 200;

export function readPage(filter: AccountFilter, page: number, signal: AbortSignal) {
  const query = { ...filter, limit: PAGE_ROWS, offset: page * PAGE_ROWS };
  return unwrap(client.GET('/api/v1/accounts', { params: { query }, signal }));
}

export const pageQuery = (filter: AccountFilter, page: number) =>
  queryOptions({
    queryKey: accountKeys.page(filter, page),
    queryFn: ({ signal }) => readPage(filter, page, signal),
    staleTime: 60_000,
  });

/** A few accounts by name, for the palette. */
export function useFound(q: string, enabled: boolean) {
  const asOf = useAsOf();
  const filter: AccountFilter = { sort: '-arr', ...(q ? { q } : {}), ...(asOf ? { as_of: asOf } : {}) };
  return useQuery({
    queryKey: [...accountKeys.all, 'found', q, asOf] as const,
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/accounts', { params: { query: { ...filter, limit: 8 } }, signal })),
    select: list => list.data,
    placeholderData: keepPreviousData,
    enabled,
  });
}

export function useAccount(id: string) {
  return useQuery({
    queryKey: accountKeys.one(id),
    queryFn: ({ signal }) =>
      unwrapTagged(
        client.GET('/api/v1/accounts/{account_id}', { params: { path: { account_id: id } }, signal }),
      ),
  });
}

/** As it was known at a past moment. */
export function useAccountThen(id: string, asOf: string) {
  return useQuery({
    queryKey: accountKeys.past(id, asOf),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts/{account_id}', {
          params: { path: { account_id: id }, query: { as_of: asOf } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });
}

/** The account with its names, owner, parent and traits as they are now: no message of the stream says them, so
 * they are read again when one comes.  The rest is newer in what the stream told of. */
export function useTold(account: Account): Account {
  const { id } = account;
  const told = useQuery({
    queryKey: [...accountKeys.parts(id), 'told'] as const,
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/accounts/{account_id}', { params: { path: { account_id: id } }, signal })),
    initialData: account,
  });
  const { name, external_id, domain, owner, parent_id, traits } = told.data;
  return { ...account, name, external_id, domain, owner, parent_id, traits };
}

/** What it entered and left, the newest first. */
export function useSetHistory(id: string) {
  return useQuery({
    queryKey: [...accountKeys.parts(id), 'sets'] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts/{account_id}/segments/history', {
          params: { path: { account_id: id } },
          signal,
        }),
      ),
    select: history => history.data,
  });
}

export interface OwnerChange {
  id: string;
  owner_id: string | null;
}

/** Gives each account its owner, one after the other; stops at the first refusal. */
export function useAssignOwner() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (changes: OwnerChange[]) => {
      for (const { id, owner_id } of changes) {
        const params = { path: { account_id: id } };
        const { etag } = await unwrapTagged(client.GET('/api/v1/accounts/{account_id}', { params }));
        await unwrap(
          client.PATCH('/api/v1/accounts/{account_id}', {
            params: { ...params, header: { 'If-Match': etag ?? '*' } },
            headers: mergePatch,
            body: { owner_id },
          }),
        );
      }
    },
    onSettled: () => cache.invalidateQueries({ queryKey: accountKeys.all }),
  });
}
