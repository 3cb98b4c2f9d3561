// The same question of each part of the score, within each scorecard.
import { Fragment } from 'react';
import type { BacktestReport } from '@/api/types';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import page from '@/ui/page.module.css';
import classes from './Backtest.module.css';
import { scorecardsOf } from './figures';
import { ToldCells } from './Told';

type Measure = BacktestReport['measures'][number];

function Row({ measure: { path, name, depth, is_group, told, refused } }: { measure: Measure }) {
  return (
    <tr>
      <th scope="row" style={{ paddingLeft: depth * 16 }} title={path}>
        {is_group ? <strong>{name}</strong> : name}
      </th>
      {refused ? (
        <td colSpan={2} className={classes.refused}>
          {t('backtest.signals.refused', { fact: refused })}
        </td>
      ) : (
        <ToldCells told={told} />
      )}
    </tr>
  );
}

export function Parts({ report, title }: { report: BacktestReport; title: string }) {
  const { told, few } = scorecardsOf(report);
  if (told.length === 0) return <p className={page.note}>{t('backtest.parts.none')}</p>;
  return (
    <>
      <DataTable
        label={t('table.of', { title })}
        columns={[t('backtest.parts.name'), t('backtest.auc'), t('backtest.verdict')]}
      >
        <tbody>
          {told.map(({ scorecard, measures }) => (
            <Fragment key={scorecard}>
              <tr>
                <th scope="rowgroup" colSpan={3} className={classes.group}>
                  {scorecard}
                </th>
              </tr>
              {measures.map(measure => (
                <Row key={measure.path} measure={measure} />
              ))}
            </Fragment>
          ))}
        </tbody>
      </DataTable>
      {few.length > 0 && (
        <p className={page.note}>{t('backtest.parts.few', { scorecards: few.join(', ') })}</p>
      )}
    </>
  );
}
