// Who works with Cairn, with what each may do; adding and changing them.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, mergePatch, unwrap } from '@/api/client';
import type { UserCreate, UserPatch, UserRow } from '@/api/types';
import { sessionKeys } from '@/features/session';

const PAGE = 200;

/** All of them, page by page; those who are disabled too. */
async function everyUser(signal: AbortSignal): Promise<UserRow[]> {
  const users: UserRow[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; disabled: boolean; cursor?: string } = { limit: PAGE, disabled: true };
    if (cursor !== null) query.cursor = cursor;
    const list = await unwrap(client.GET('/api/v1/users', { params: { query }, signal }));
    users.push(...list.data);
    cursor = list.next_cursor;
  } while (cursor !== null);
  return users;
}

export function useEveryUser() {
  return useQuery({
    // Below the key of the others' list: what changes a user makes both be asked again.
    queryKey: [...sessionKeys.users, 'every'],
    queryFn: ({ signal }) => everyUser(signal),
  });
}

/** Also when it failed: what stands in the list may be what has changed meanwhile. */
function useAskedAgain() {
  const cache = useQueryClient();
  return () =>
    Promise.all([
      cache.invalidateQueries({ queryKey: sessionKeys.users }),
      cache.invalidateQueries({ queryKey: sessionKeys.session }),
    ]);
}

export function useAddUser() {
  const onSettled = useAskedAgain();
  return useMutation({
    mutationFn: (body: UserCreate) => unwrap(client.POST('/api/v1/users', { body })),
    onSettled,
  });
}

export function useChangeUser({ id, version }: UserRow) {
  const onSettled = useAskedAgain();
  return useMutation({
    mutationFn: (body: UserPatch) =>
      unwrap(
        client.PATCH('/api/v1/users/{user_id}', {
          params: { path: { user_id: id }, header: { 'If-Match': `"${version}"` } },
          headers: mergePatch,
          body,
        }),
      ),
    onSettled,
  });
}
