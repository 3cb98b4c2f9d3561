// Lets the stream keep the caches of the queries true, and tells pages what came.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { listenLive } from '@/api/live';
import { onWatched } from '@/api/watch';
import { accountKeys, applyAccountChange, othersChanged } from '@/features/accounts';
import { setProgress } from '@/features/demo';
import { sourceKeys } from '@/features/sources';

const SOURCES_EVERY_MS = 1000;

export function LiveUpdates() {
  const cache = useQueryClient();
  useEffect(() => {
    let lost = false;
    let sourcesAt = 0;
    const live = listenLive(message => {
      switch (message.type) {
        case 'open':
          // What was missed while the line was down is read again.
          if (lost) cache.invalidateQueries({ queryKey: accountKeys.all });
          lost = false;
          break;
        case 'lost':
          lost = true;
          break;
        case 'account':
          applyAccountChange(cache, message.data);
          break;
        case 'others':
          othersChanged();
          break;
        case 'progress':
          setProgress(cache, message.data);
          break;
        case 'sources':
          if (Date.now() - sourcesAt < SOURCES_EVERY_MS) break;
          sourcesAt = Date.now();
          cache.invalidateQueries({ queryKey: sourceKeys.list });
          break;
      }
    });
    const stopWatching = onWatched(live.watch);
    return () => {
      stopWatching();
      live.close();
    };
  }, [cache]);
  return null;
}
