// Who is signed in, and the users of the workspace.
import { queryOptions, useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { client, unwrap } from '@/api/client';

export const sessionKeys = {
  session: ['session'] as const,
  users: ['users'] as const,
};

export const sessionQuery = queryOptions({
  queryKey: sessionKeys.session,
  queryFn: ({ signal }) => unwrap(client.GET('/api/v1/session', { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Only below the guard of the router, which has loaded it. */
export function useSession() {
  return useSuspenseQuery(sessionQuery).data;
}

export function useUsers() {
  return useQuery({
    queryKey: sessionKeys.users,
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/users', { params: { query: { limit: 200 } }, signal })),
    select: list => list.data,
    staleTime: 300_000,
  });
}

export function useSignIn() {
  const cache = useQueryClient();
  return useMutation({
    meta: { signsIn: true }, // its 401 is a wrong password
    mutationFn: (body: { email: string; password: string }) =>
      unwrap(client.POST('/api/v1/session', { body })),
    onSuccess: session => cache.setQueryData(sessionKeys.session, session),
  });
}

export function useSignOut() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(client.DELETE('/api/v1/session', {})),
    onSuccess: () => cache.clear(),
  });
}
