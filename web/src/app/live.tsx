// Lets the stream keep the caches of the queries true, tells pages what came, and says when nothing comes.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { listenLive } from '@/api/live';
import { onWatched } from '@/api/watch';
import { applyAccountChange, othersChanged } from '@/features/accounts';
import { setProgress } from '@/features/demo';
import { programKeys } from '@/features/program';
import { askSession, useFormat, useSessionEnded } from '@/features/session';
import { sourceKeys } from '@/features/sources';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import classes from './live.module.css';

const SOURCES_EVERY_MS = 1000;
/** A shorter break is not worth a word. */
const LOST_AFTER_MS = 2000;

/** Says that what is on screen no longer moves, and since when. */
function Lost({ since }: { since: number }) {
  const format = useFormat();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), LOST_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <div className={classes.lost}>
      <Icon name="warning" size={16} />
      <span>{t('live.lost', { at: format.dateTime(new Date(since).toISOString()) })}</span>
    </div>
  );
}

function Ended() {
  return (
    <div className={classes.lost}>
      <Icon name="warning" size={16} />
      <span>
        {t('live.ended')}{' '}
        <a href="/signin" target="_blank" rel="noreferrer">
          {t('live.signIn')}
        </a>
      </span>
    </div>
  );
}

export function LiveUpdates() {
  const cache = useQueryClient();
  const ended = useSessionEnded();
  const [lostAt, setLostAt] = useState<number | null>(null);
  useEffect(() => {
    let lost = false;
    let sourcesAt = 0;
    const live = listenLive(message => {
      switch (message.type) {
        case 'open':
          // What was missed while the line was down is read again.
          if (lost) cache.invalidateQueries();
          lost = false;
          setLostAt(null);
          break;
        case 'lost':
          lost = true;
          setLostAt(at => at ?? Date.now());
          askSession(cache); // the line of a session that ended is cut
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
        case 'program':
          cache.invalidateQueries({ queryKey: programKeys.all });
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
      // Whoever goes to a past day misses what comes meanwhile.
      cache.invalidateQueries({ refetchType: 'none' });
      stopWatching();
      live.close();
    };
  }, [cache]);
  return <div role="status">{ended ? <Ended /> : lostAt !== null && <Lost since={lostAt} />}</div>;
}
