// By how many points a score moved: arrow, sign and number.
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import classes from './Trend.module.css';

const STEADY = 0.05;
/** Smaller moves are noise: they are shown without colour. */
const NOTABLE = 2;

export function Trend({ points, title }: { points: number; title?: string }) {
  const format = useFormat();
  const way = Math.abs(points) < STEADY ? 'flat' : points > 0 ? 'up' : 'down';
  const icon = { flat: 'trendFlat', up: 'trendUp', down: 'trendDown' } as const;
  return (
    <span
      className={classes.trend}
      data-way={Math.abs(points) < NOTABLE ? 'flat' : way}
      title={title ?? t('health.trendWhy')}
    >
      <Icon name={icon[way]} size={12} />
      <span className="num">{format.signedPoints(points)}</span>
    </span>
  );
}
