// API keys, and sessions: one's own, and for admins those of a user.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';
import type { ApiKey, ApiKeyCreate } from '@/api/types';

const accessKeys = {
  keys: ['api-keys'] as const,
  sessions: ['sessions'] as const,
  of: (user: string | null) => ['sessions', user] as const,
};

const PAGE = 200;
const REFRESH_MS = 60_000;

/** All of them, page by page. */
async function everyKey(signal: AbortSignal): Promise<ApiKey[]> {
  const keys: ApiKey[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = { limit: PAGE };
    if (cursor !== null) query.cursor = cursor;
    const list = await unwrap(client.GET('/api/v1/api-keys', { params: { query }, signal }));
    keys.push(...list.data);
    cursor = list.next_cursor;
  } while (cursor !== null);
  return keys;
}

export function useApiKeys() {
  return useQuery({
    queryKey: accessKeys.keys,
    queryFn: ({ signal }) => everyKey(signal),
    refetchInterval: REFRESH_MS,
  });
}

export function useCreateKey() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: ApiKeyCreate) => unwrap(client.POST('/api/v1/api-keys', { body })),
    gcTime: 0, // the secret goes with the dialog
    onSuccess: () => cache.invalidateQueries({ queryKey: accessKeys.keys }),
  });
}

export function useRevokeKey() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.DELETE('/api/v1/api-keys/{key_id}', { params: { path: { key_id: id } } })),
    onSettled: () => cache.invalidateQueries({ queryKey: accessKeys.keys }),
  });
}

/** user null: one's own. */
export function useSessions(user: string | null) {
  const query = { limit: PAGE };
  return useQuery({
    queryKey: accessKeys.of(user),
    queryFn: ({ signal }) =>
      unwrap(
        user === null
          ? client.GET('/api/v1/sessions', { params: { query }, signal })
          : client.GET('/api/v1/users/{user_id}/sessions', {
              params: { path: { user_id: user }, query },
              signal,
            }),
      ),
    select: list => list.data,
    refetchInterval: REFRESH_MS,
  });
}

/** session null: all but the one that asks. */
export function useEndSession(user: string | null) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (session: string | null) => {
      const own = { session_id: session ?? '' };
      const other = { user_id: user ?? '', session_id: session ?? '' };
      if (user === null && session === null) return unwrap(client.DELETE('/api/v1/sessions', {}));
      if (user === null) {
        return unwrap(client.DELETE('/api/v1/sessions/{session_id}', { params: { path: own } }));
      }
      if (session === null) {
        return unwrap(
          client.DELETE('/api/v1/users/{user_id}/sessions', { params: { path: { user_id: user } } }),
        );
      }
      return unwrap(
        client.DELETE('/api/v1/users/{user_id}/sessions/{session_id}', { params: { path: other } }),
      );
    },
    onSettled: () => cache.invalidateQueries({ queryKey: accessKeys.sessions }),
  });
}
