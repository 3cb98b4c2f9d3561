// The demo's buttons, and how far its import is.
import { type QueryClient, queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, sendDemoCall, unwrap } from '@/api/client';
import { hasStatus } from '@/api/errors';
import type { Demo, Progress } from '@/api/types';

export const demoKeys = { demo: ['demo'] as const };

/** Null where there is no demo, or none for this user. */
const demoQuery = queryOptions({
  queryKey: demoKeys.demo,
  queryFn: async ({ signal }): Promise<Demo | null> => {
    try {
      return await unwrap(client.GET('/api/v1/demo', { signal }));
    } catch (error) {
      if (hasStatus(error, 404) || hasStatus(error, 403)) return null;
      throw error;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
});

export function useDemo() {
  return useQuery(demoQuery);
}

export function setProgress(cache: QueryClient, progress: Progress): void {
  cache.setQueryData<Demo | null>(demoKeys.demo, demo => demo && { ...demo, progress });
}

/** Makes the calls of a button one after the other; the first that is refused ends it. */
export function usePress() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async (name: string) => {
      // What a button sends depends on how things stand now: who the champion is, which tickets are open.
      const demo = await cache.fetchQuery({ ...demoQuery, staleTime: 0 });
      const button = demo?.buttons.find(one => one.name === name);
      if (!demo || !button) throw new Error(`no button "${name}"`);
      const statuses: number[] = [];
      for (const call of button.calls) statuses.push(await sendDemoCall(call, demo.write_key));
      return { button, statuses };
    },
  });
}
