// The records below an account: people, contracts, tickets, recent events.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, mergePatch, unwrap } from '@/api/client';
import { accountPart } from '@/api/keys';
import type { AccountEventList, PersonRole } from '@/api/types';

export const ROWS_MAX = 200;
const EVENTS_PAGE_ROWS = 50;
const LIMIT = { limit: ROWS_MAX };

const recordKeys = {
  people: (id: string) => [...accountPart(id), 'people'] as const,
  contracts: (id: string) => [...accountPart(id), 'contracts'] as const,
  tickets: (id: string) => [...accountPart(id), 'tickets'] as const,
  events: (id: string) => [...accountPart(id), 'events'] as const,
};

const at = (id: string) => ({ path: { account_id: id } });

export function usePeople(id: string) {
  return useQuery({
    queryKey: recordKeys.people(id),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts/{account_id}/people', { params: { ...at(id), query: LIMIT }, signal }),
      ),
    select: list => list.data,
  });
}

export function useContracts(id: string) {
  return useQuery({
    queryKey: recordKeys.contracts(id),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts/{account_id}/contracts', {
          params: { ...at(id), query: LIMIT },
          signal,
        }),
      ),
    select: list => list.data,
  });
}

export function useTickets(id: string) {
  return useQuery({
    queryKey: recordKeys.tickets(id),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts/{account_id}/tickets', { params: { ...at(id), query: LIMIT }, signal }),
      ),
    select: list => list.data,
  });
}

async function eventsAfter(id: string, cursor: string, signal: AbortSignal): Promise<AccountEventList> {
  const query = { limit: EVENTS_PAGE_ROWS, ...(cursor ? { cursor } : {}) };
  const params = { ...at(id), query };
  const found = await unwrap(client.GET('/api/v1/accounts/{account_id}/events', { params, signal }));
  // A page may hold nothing of this account, yet have others behind it.
  return found.data.length === 0 && found.next_cursor !== null
    ? eventsAfter(id, found.next_cursor, signal)
    : found;
}

/** Page by page, the newest first. */
export function useEvents(id: string) {
  return useInfiniteQuery({
    queryKey: recordKeys.events(id),
    queryFn: ({ pageParam, signal }) => eventsAfter(id, pageParam, signal),
    initialPageParam: '',
    getNextPageParam: page => page.next_cursor,
  });
}

export interface RolesChange {
  person_id: string;
  roles: PersonRole[];
}

export function useSetRoles(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ person_id, roles }: RolesChange) =>
      unwrap(
        client.PATCH('/api/v1/accounts/{account_id}/people/{person_id}', {
          params: { path: { account_id: id, person_id }, header: { 'If-Match': '*' } },
          headers: mergePatch,
          body: { roles },
        }),
      ),
    onSettled: () => cache.invalidateQueries({ queryKey: accountPart(id) }),
  });
}
