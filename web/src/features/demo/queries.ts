// The demo's buttons, and how far its import is.
import { type QueryClient, useMutation, useQuery } from '@tanstack/react-query';
import { client, sendDemoCall, unwrap } from '@/api/client';
import { hasStatus } from '@/api/errors';
import type { Demo, DemoButton, Progress } from '@/api/types';

export const demoKeys = { demo: ['demo'] as const };

/** Null where there is no demo. */
export function useDemo() {
  return useQuery({
    queryKey: demoKeys.demo,
    queryFn: async ({ signal }): Promise<Demo | null> => {
      try {
        return await unwrap(client.GET('/api/v1/demo', { signal }));
      } catch (error) {
        if (hasStatus(error, 404)) return null;
        throw error;
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function setProgress(cache: QueryClient, progress: Progress): void {
  cache.setQueryData<Demo | null>(demoKeys.demo, demo => demo && { ...demo, progress });
}

/** Makes the calls of a button one after the other; the first that is refused ends it. */
export function usePress(writeKey: string) {
  return useMutation({
    mutationFn: async (button: DemoButton) => {
      const statuses: number[] = [];
      for (const call of button.calls) statuses.push(await sendDemoCall(call, writeKey));
      return { button, statuses };
    },
  });
}
