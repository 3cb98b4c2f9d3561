// How many left within 90 days, by score.
import type { BacktestReport } from '@/api/types';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import page from '@/ui/page.module.css';
import classes from './Backtest.module.css';
import { Interval } from './Interval';

/** The end of the axis: whole steps of 10 %. */
const endOf = (report: BacktestReport) =>
  Math.max(
    0.1,
    ...report.calibration.filter(one => one.cases > 0).map(one => Math.ceil(one.rate.high * 10) / 10),
  );

export function Calibration({ report, title }: { report: BacktestReport; title: string }) {
  const format = useFormat();
  const percent = (share: number) => format.number(share * 100, 1);
  if (report.calibration.every(one => one.cases === 0)) {
    return <p className={page.note}>{t('backtest.calibration.none')}</p>;
  }
  const most = endOf(report);
  return (
    <DataTable
      label={t('table.of', { title })}
      columns={[
        t('backtest.calibration.score'),
        t('backtest.calibration.rate'),
        { end: t('backtest.calibration.cases') },
      ]}
    >
      <tbody>
        {report.calibration.map(({ from, to, cases, left, rate }) => (
          <tr key={from}>
            <th scope="row" className="num">
              {from}–{to}
            </th>
            <td>
              {cases === 0 ? (
                <span className="dim">–</span>
              ) : (
                <span className={classes.measured}>
                  <Interval of={rate} most={most} />
                  <span className="num">
                    {t('backtest.aucOf', {
                      value: `${percent(rate.value)} %`,
                      low: percent(rate.low),
                      high: percent(rate.high),
                    })}
                  </span>
                </span>
              )}
            </td>
            <td className={`${page.end} num`}>
              {t('backtest.signals.of', { some: format.number(left), all: format.number(cases) })}
            </td>
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}
