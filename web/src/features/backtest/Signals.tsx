// What each signal would have warned of, how early, and how often for nothing.
import type { BacktestReport } from '@/api/types';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import page from '@/ui/page.module.css';
import classes from './Backtest.module.css';
import { ToldCells } from './Told';

type Signal = BacktestReport['signals'][number];

function lead({ lead_days: [low, median, high] }: Signal): string {
  if (low === undefined || median === undefined || high === undefined) return '–';
  return t('backtest.signals.leadOf', {
    low: Math.round(low),
    median: Math.round(median),
    high: Math.round(high),
  });
}

function Row({ signal }: { signal: Signal }) {
  const format = useFormat();
  const { name, refused, told, caught, missed, right, false_alarms, open } = signal;
  return (
    <tr>
      <th scope="row">{name}</th>
      {refused ? (
        <td colSpan={7} className={classes.refused}>
          {t('backtest.signals.refused', { fact: refused })}
        </td>
      ) : (
        <>
          <td className={`${page.end} num`}>
            {t('backtest.signals.of', {
              some: format.number(caught),
              all: format.number(caught + missed),
            })}
          </td>
          <td className={`${page.end} num`}>{lead(signal)}</td>
          <td className={`${page.end} num`}>{format.number(right)}</td>
          <td className={`${page.end} num`}>{format.number(false_alarms)}</td>
          <td className={`${page.end} num`}>{format.number(open)}</td>
          <ToldCells told={told} />
        </>
      )}
    </tr>
  );
}

export function Signals({ report, title }: { report: BacktestReport; title: string }) {
  if (report.signals.length === 0) return <p className={page.note}>{t('backtest.signals.none')}</p>;
  return (
    <DataTable
      label={t('table.of', { title })}
      columns={[
        t('backtest.signals.name'),
        { end: t('backtest.signals.caught') },
        { end: t('backtest.signals.lead') },
        { end: t('backtest.signals.right') },
        { end: t('backtest.signals.wrong') },
        { end: t('backtest.signals.open') },
        t('backtest.auc'),
        t('backtest.verdict'),
      ]}
    >
      <tbody>
        {report.signals.map(signal => (
          <Row key={signal.name} signal={signal} />
        ))}
      </tbody>
    </DataTable>
  );
}
