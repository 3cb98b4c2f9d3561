// The load of each CSM beside what their coverage models give one.
import { Link } from '@tanstack/react-router';
import type { CoverageBoard, CoverageOwner } from '@/api/types';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Icon } from '@/ui/Icon';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import classes from './Segments.module.css';

type Load = CoverageOwner['parts'][number]['load'];

const SIGNS = { none: null, right: 'check', over: 'up', under: 'down' } as const;

function LoadMark({ load }: { load: Load }) {
  const icon = SIGNS[load];
  return (
    <span className={classes.load} data-load={load}>
      {icon && <Icon name={icon} size={12} />}
      {t(`segments.coverage.loads.${load}`)}
    </span>
  );
}

function Row({ row }: { row: CoverageOwner }) {
  const format = useFormat();
  const { owner } = row;
  return (
    <tr>
      <th scope="row">{owner?.name ?? <span className="dim">{t('segments.nobody')}</span>}</th>
      <td className={page.end}>
        {owner ? (
          <Link to="/accounts" search={{ owner: owner.id }} className={page.number}>
            {format.number(row.accounts)}
          </Link>
        ) : (
          <span className="num">{format.number(row.accounts)}</span>
        )}
      </td>
      <td className={`${page.end} num`}>{row.arr ? format.moneyShort(row.arr) : '–'}</td>
      <td className={`${page.end} num`}>
        {row.average ? format.moneyShort(row.average) : '–'}
        {row.suggested && (
          <span className={page.doc}>{t('segments.coverage.suggested', { model: row.suggested })}</span>
        )}
      </td>
      <td>
        <ul className={classes.parts}>
          {row.parts.map(part => (
            <li key={part.coverage}>
              {part.coverage}{' '}
              {owner ? (
                <Link
                  to="/accounts"
                  search={{ owner: owner.id, coverage: part.coverage }}
                  className={page.number}
                >
                  {format.number(part.accounts)}
                </Link>
              ) : (
                <span className="num">{format.number(part.accounts)}</span>
              )}{' '}
              <LoadMark load={part.load} />
            </li>
          ))}
        </ul>
      </td>
      <td className={`${page.end} num`}>{format.number(row.touches_per_week, 1)}</td>
    </tr>
  );
}

export function Owners({ board }: { board: CoverageBoard }) {
  return (
    <Panel id="owners-title" title={t('segments.coverage.owners')}>
      {board.owners.length === 0 ? (
        <p className={page.note}>{t('segments.coverage.ownersNone')}</p>
      ) : (
        <DataTable
          label={t('table.of', { title: t('segments.coverage.owners') })}
          columns={[
            t('segments.coverage.csm'),
            { end: t('segments.accounts') },
            { end: t('segments.arr') },
            { end: t('segments.coverage.average') },
            t('segments.coverage.load'),
            { end: t('segments.coverage.touches') },
          ]}
        >
          <tbody>
            {board.owners.map(row => (
              <Row key={row.owner?.id ?? ''} row={row} />
            ))}
          </tbody>
        </DataTable>
      )}
      <p className={page.note}>{t('segments.coverage.loadWhy')}</p>
    </Panel>
  );
}
