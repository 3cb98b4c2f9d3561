// How well the score told at 180, 90 and 30 days before.
import type { BacktestReport } from '@/api/types';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import classes from './Backtest.module.css';
import { canTell } from './figures';
import { TableFrame } from './TableFrame';
import { ToldCells } from './Told';

export function Horizons({ report, title }: { report: BacktestReport; title: string }) {
  const format = useFormat();
  return (
    <TableFrame
      title={title}
      columns={[
        t('backtest.horizons.days'),
        t('backtest.auc'),
        t('backtest.verdict'),
        { end: t('backtest.horizons.decile') },
        { end: t('backtest.horizons.quintile') },
        { end: t('backtest.horizons.medians') },
        { end: t('backtest.horizons.cases') },
      ]}
    >
      {report.horizons.map(({ days, told, lift_decile, lift_quintile, median_left, median_stayed }) => {
        const figure = (text: string) => (canTell(told) ? text : '–');
        return (
          <tr key={days}>
            <th scope="row" className="num">
              {days}
            </th>
            <ToldCells told={told} />
            <td className={`${classes.end} num`}>{figure(format.number(lift_decile, 1))}</td>
            <td className={`${classes.end} num`}>{figure(format.number(lift_quintile, 1))}</td>
            <td className={`${classes.end} num`}>
              {figure(`${format.number(median_left)}, ${format.number(median_stayed)}`)}
            </td>
            <td className={`${classes.end} num`}>
              {format.number(told.left)}, {format.number(told.stayed)}
            </td>
          </tr>
        );
      })}
    </TableFrame>
  );
}
