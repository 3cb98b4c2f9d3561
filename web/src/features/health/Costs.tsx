// Which measures cost the score most: what each gives of what it could give.
import type { ExplainItem } from '@/api/types';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import classes from './Costs.module.css';
import { costs, words } from './explain';

const SHOWN = 4;

export function Costs({ items }: { items: readonly ExplainItem[] }) {
  const format = useFormat();
  const largest = costs(items, SHOWN);
  const widest = Math.max(...largest.map(cost => cost.most), 1);
  if (largest.length === 0) return null;
  return (
    <section aria-labelledby="costs-title">
      <h2 id="costs-title">{t('costs.title')}</h2>
      <ul className={classes.list}>
        {largest.map(({ item, most, lost }) => (
          <li key={item.path}>
            <span className={classes.name}>{words(item.name)}</span>
            <span className={classes.track} style={{ width: `${(100 * most) / widest}%` }}>
              <span
                className={classes.fill}
                style={{ width: `${(100 * Math.max(item.points, 0)) / most}%` }}
              />
            </span>
            <span
              className={classes.lost}
              title={t('costs.of', { points: format.points(item.points), most: format.points(most) })}
            >
              {format.signedPoints(-lost)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
