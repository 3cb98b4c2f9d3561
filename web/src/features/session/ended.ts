// A session that ended under an open page: the page stays as it is, with what was typed into it, and goes
// on once somebody has signed in again, in this tab or another.
// Does not lead to the sign-in page: the router's guard does, for a page that is opened without a session.
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { client } from '@/api/client';
import { sessionKeys, sessionQuery } from './queries';

const ASK_EVERY_MS = 5000;

let ended = false;
const listeners = new Set<() => void>();

function set(value: boolean): void {
  if (ended === value) return;
  ended = value;
  for (const listener of listeners) listener();
}

/** Whoever was answered 401 says so. */
export function sessionEnded(): void {
  set(true);
}

async function ask(cache: QueryClient): Promise<void> {
  const { data, response } = await client.GET('/api/v1/session');
  if (response.status === 401) sessionEnded();
  if (!data || !ended) return;
  // What stands here is another's: nothing of it may go on.
  if (data.user.id !== cache.getQueryData(sessionQuery.queryKey)?.user.id) return location.reload();
  set(false);
  cache.setQueryData(sessionKeys.session, data);
  await cache.invalidateQueries();
}

/** Asks whether the session still holds; nothing happens if the server does not answer. */
export function askSession(cache: QueryClient): void {
  void ask(cache).catch(() => undefined);
}

/** Whether the session ended.  While it has, asks whether there is one again. */
export function useSessionEnded(): boolean {
  const cache = useQueryClient();
  const value = useSyncExternalStore(
    listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => ended,
  );
  useEffect(() => {
    if (!value) return;
    const again = () => askSession(cache);
    const timer = setInterval(again, ASK_EVERY_MS);
    window.addEventListener('focus', again);
    return () => {
      clearInterval(timer);
      window.removeEventListener('focus', again);
    };
  }, [cache, value]);
  return value;
}
