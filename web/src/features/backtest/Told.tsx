// Cells of a table that say how well something told: the AUC with its interval, and the verdict.
import type { BacktestTold } from '@/api/types';
import { t } from '@/lib/i18n';
import classes from './Backtest.module.css';
import { canTell } from './figures';
import { Interval } from './Interval';

const two = (value: number) => value.toFixed(2);

export function ToldCells({ told }: { told: BacktestTold }) {
  const { auc, verdict } = told;
  return (
    <>
      <td>
        {canTell(told) ? (
          <span
            className={classes.measured}
            title={t('backtest.interval', { low: two(auc.low), high: two(auc.high) })}
          >
            <Interval of={auc} chance={0.5} />
            <span className="num">
              {t('backtest.aucOf', { value: two(auc.value), low: two(auc.low), high: two(auc.high) })}
            </span>
          </span>
        ) : (
          <span className="dim">–</span>
        )}
      </td>
      <td data-verdict={verdict} className={classes.verdict}>
        {t(`backtest.told.${verdict}`)}
      </td>
    </>
  );
}
