// Where one was in a list: who comes back to it by the browser's buttons goes on there.
import { useRouter } from '@tanstack/react-router';
import { useCallback, useEffect, useRef } from 'react';

export interface Place {
  /** Pixels above what is on screen. */
  top: number;
  /** The row that had the focus or was opened; -1: none. */
  active: number;
}

/** By entry of the history of this tab. */
const places = new Map<string, Place>();

/** Keeps what `now` says whenever the page is left. Returns where one was when one left it as it is now addressed. */
export function usePlace(now: () => Place): () => Place | undefined {
  const router = useRouter();
  const latest = useRef(now);
  useEffect(() => {
    latest.current = now;
  });
  useEffect(
    () =>
      router.subscribe('onBeforeNavigate', ({ fromLocation }) => {
        const entry = fromLocation?.state.__TSR_key;
        if (entry) places.set(entry, latest.current());
      }),
    [router],
  );
  return useCallback(() => places.get(router.latestLocation.state.__TSR_key ?? ''), [router]);
}
