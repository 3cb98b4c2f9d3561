// By how many points a score moved: arrow, sign and number.  Of an account the arrow is that of its
// drift over four weeks, which last night alone does not turn.
import type { Drift } from '@/api/types';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import classes from './Trend.module.css';

const STEADY = 0.05;
/** Smaller moves are noise: they are shown without colour. */
const NOTABLE = 2;

const ICONS = { flat: 'trendFlat', up: 'trendUp', down: 'trendDown' } as const;
const WAYS = { rising: 'up', falling: 'down', steady: 'flat' } as const;

function wayOf(points: number, drift: Drift | null | undefined) {
  if (drift) return WAYS[drift.way];
  return Math.abs(points) < STEADY ? 'flat' : points > 0 ? 'up' : 'down';
}

interface Props {
  points: number;
  title?: string;
  /** Null: too little history for an arrow.  Undefined: a change between two dates, as it is. */
  drift?: Drift | null | undefined;
}

export function Trend({ points, title, drift }: Props) {
  const format = useFormat();
  const way = wayOf(points, drift);
  const calm = drift ? way === 'flat' : drift === null || Math.abs(points) < NOTABLE;
  const why = drift
    ? t(`health.drift.${drift.way}`, {
        by: format.signedPoints(drift.points),
        noise: format.points(drift.noise),
      })
    : drift === null
      ? t('health.drift.unknown')
      : '';
  return (
    <span
      className={classes.trend}
      data-way={calm ? 'flat' : way}
      title={[title ?? t('health.trendWhy'), why].filter(Boolean).join('. ')}
    >
      {drift === null ? <span className={classes.blank} /> : <Icon name={ICONS[way]} size={12} />}
      <span className="num">{format.signedPoints(points)}</span>
    </span>
  );
}
