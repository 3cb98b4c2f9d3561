// How many open signals are the caller's, beside the page's name in the navigation; nothing if none is.
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import classes from './OpenCount.module.css';
import { useLiveCount, useOpenCount } from './queries';
import { MINE } from './search';

export function OpenCount() {
  useLiveCount();
  const format = useFormat();
  const { data: count = 0 } = useOpenCount(MINE);
  if (count === 0) return null;
  return (
    <>
      <span className={classes.count} aria-hidden="true">
        {format.number(count)}
      </span>
      <span className="sr-only"> {t('signals.mineOpen', { count })}</span>
    </>
  );
}
