// The demo's buttons, and how far its import is.
import { type QueryClient, queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, sendDemoCall, unwrap } from '@/api/client';
import type { Demo, Progress } from '@/api/types';
import { useCan, useSession } from '@/features/session';

export const demoKeys = { demo: ['demo'] as const };

const demoQuery = queryOptions({
  queryKey: demoKeys.demo,
  queryFn: ({ signal }): Promise<Demo> => unwrap(client.GET('/api/v1/demo', { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Nothing where there is no demo, or none for this user. */
export function useDemo() {
  const isDemo = useSession().workspace.demo;
  const mayOperate = useCan('operate');
  return useQuery({ ...demoQuery, enabled: isDemo && mayOperate });
}

export function setProgress(cache: QueryClient, progress: Progress): void {
  cache.setQueryData<Demo>(demoKeys.demo, demo => demo && { ...demo, progress });
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
