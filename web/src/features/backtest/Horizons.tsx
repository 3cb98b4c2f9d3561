// How well the score told at 180, 90 and 30 days before.
import type { BacktestReport } from '@/api/types';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import page from '@/ui/page.module.css';
import { canTell } from './figures';
import { ToldCells } from './Told';

export function Horizons({ report, title }: { report: BacktestReport; title: string }) {
  const format = useFormat();
  return (
    <DataTable
      label={t('table.of', { title })}
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
      <tbody>
        {report.horizons.map(({ days, told, lift_decile, lift_quintile, median_left, median_stayed }) => {
          const figure = (text: string) => (canTell(told) ? text : '–');
          return (
            <tr key={days}>
              <th scope="row" className="num">
                {days}
              </th>
              <ToldCells told={told} />
              <td className={`${page.end} num`}>{figure(format.number(lift_decile, 1))}</td>
              <td className={`${page.end} num`}>{figure(format.number(lift_quintile, 1))}</td>
              <td className={`${page.end} num`}>
                {figure(`${format.number(median_left)}, ${format.number(median_stayed)}`)}
              </td>
              <td className={`${page.end} num`}>
                {format.number(told.left)}, {format.number(told.stayed)}
              </td>
            </tr>
          );
        })}
      </tbody>
    </DataTable>
  );
}
