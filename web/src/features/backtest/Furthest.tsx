// The accounts that two versions score most differently, each with the day on which they were farthest apart.
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { ComparisonResult, ComparisonScore } from '@/api/types';
import { HealthShape } from '@/features/health';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import page from '@/ui/page.module.css';
import classes from './Backtest.module.css';

const FEW = 20;

function Scored({ score }: { score: ComparisonScore }) {
  const format = useFormat();
  return (
    <span className={page.shade}>
      <HealthShape shade={score.colour} size={10} />
      {score.points === null ? (
        <span className="dim">{t('backtest.accounts.noScore')}</span>
      ) : (
        <span className="num">{format.number(score.points, 1)}</span>
      )}
      {score.points !== null && <span className="dim">{t(`health.band.${score.colour}`)}</span>}
    </span>
  );
}

export function Furthest({ result, currency }: { result: ComparisonResult; currency: string }) {
  const format = useFormat();
  const [isAll, setAll] = useState(false);
  const shown = isAll ? result.furthest : result.furthest.slice(0, FEW);
  return (
    <>
      <DataTable
        label={t('table.of', { title: t('comparison.furthest') })}
        columns={[
          t('comparison.account'),
          { end: t('comparison.arr') },
          { end: t('comparison.distance') },
          t('comparison.lastBefore'),
          t('comparison.lastAfter'),
          t('comparison.widest'),
          t('comparison.widestBefore'),
          t('comparison.widestAfter'),
        ]}
      >
        <tbody>
          {shown.map(one => (
            <tr key={one.id}>
              <th scope="row">
                <Link to="/accounts/$accountId" params={{ accountId: one.id }} className={page.name}>
                  {one.name}
                </Link>
              </th>
              <td className={`${page.end} num`}>{format.majorShort(one.arr, currency)}</td>
              <td className={`${page.end} num`}>{format.number(one.distance, 1)}</td>
              <td>
                <Scored score={one.last_before} />
              </td>
              <td>
                <Scored score={one.last_after} />
              </td>
              <td>
                <Link
                  to="/accounts/$accountId"
                  params={{ accountId: one.id }}
                  search={{ since: one.widest_day }}
                  className="num"
                  title={t('comparison.why')}
                >
                  {format.date(one.widest_day)}
                </Link>
              </td>
              <td>
                <Scored score={one.widest_before} />
              </td>
              <td>
                <Scored score={one.widest_after} />
              </td>
            </tr>
          ))}
        </tbody>
      </DataTable>
      {result.furthest.length > FEW && !isAll && (
        <button type="button" className={classes.more} onClick={() => setAll(true)}>
          {t('comparison.all', { count: result.furthest.length })}
        </button>
      )}
    </>
  );
}
