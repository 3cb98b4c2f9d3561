// The same question of each part of the score.
import type { BacktestReport } from '@/api/types';
import { t } from '@/lib/i18n';
import classes from './Backtest.module.css';
import { TableFrame } from './TableFrame';
import { ToldCells } from './Told';

export function Parts({ report, title }: { report: BacktestReport; title: string }) {
  return (
    <TableFrame title={title} columns={[t('backtest.parts.name'), t('backtest.auc'), t('backtest.verdict')]}>
      {report.measures.map(({ path, name, depth, is_group, told, refused }) => (
        <tr key={path}>
          <th scope="row" style={{ paddingLeft: (depth - 1) * 16 }} title={path}>
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
      ))}
    </TableFrame>
  );
}
