// The records below an account: people, contracts, tickets, recent events.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, mergePatch, unwrap } from '@/api/client';
import { accountPart } from '@/api/keys';
import type { PersonRole } from '@/api/types';

export const ROWS_MAX = 200;
export const EVENTS_MAX = 50;
const LIMIT = { limit: ROWS_MAX };
const EVENTS = { limit: EVENTS_MAX };

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

export function useEvents(id: string) {
  return useQuery({
    queryKey: recordKeys.events(id),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts/{account_id}/events', { params: { ...at(id), query: EVENTS }, signal }),
      ),
    select: list => list.data,
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
