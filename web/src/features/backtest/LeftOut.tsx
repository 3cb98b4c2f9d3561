// What the figures are not of: departures that could not be looked at, facts that leak, and the limits
// of the method.
import type { BacktestReport } from '@/api/types';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import page from '@/ui/page.module.css';
import classes from './Backtest.module.css';

const REASONS = ['no_history', 'too_old', 'too_many'] as const;
const LIMITS = ['cause', 'events', 'records', 'independent'] as const;

export function LeftOut({ report }: { report: BacktestReport }) {
  const format = useFormat();
  const reasons = REASONS.filter(reason => report.left_out[reason] > 0);
  return (
    <>
      <ul className={classes.list}>
        {reasons.length === 0 && <li>{t('backtest.out.none')}</li>}
        {reasons.map(reason => (
          <li key={reason}>{t(`backtest.out.${reason}`, { count: report.left_out[reason] })}</li>
        ))}
      </ul>
      <h3>{t('backtest.out.guard')}</h3>
      {report.learned_later.length === 0 ? (
        <p className={page.note}>{t('backtest.out.guardNone')}</p>
      ) : (
        <>
          <p className={page.note}>{t('backtest.out.guardWhy')}</p>
          <ul className={classes.list}>
            {report.learned_later.map(leak => (
              <li key={leak.name}>
                {t('backtest.out.leak', {
                  fact: leak.name,
                  leftLater: format.number(leak.left_later),
                  leftOf: format.number(leak.left_of),
                  stayedLater: format.number(leak.stayed_later),
                  stayedOf: format.number(leak.stayed_of),
                })}
                {leak.scores && ` (${t('backtest.out.scores')})`}
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>{t('backtest.out.limits')}</h3>
      <ul className={classes.list}>
        {LIMITS.map(limit => (
          <li key={limit}>{t(`backtest.out.limit.${limit}`)}</li>
        ))}
      </ul>
    </>
  );
}
