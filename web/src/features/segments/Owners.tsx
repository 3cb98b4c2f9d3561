// The load of each CSM beside what their coverage models give one.
import { Link } from '@tanstack/react-router';
import type { CoverageBoard, CoverageOwner } from '@/api/types';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import { ScrollRegion } from '@/ui/ScrollRegion';
import classes from './Segments.module.css';
import { TableHead } from './TableHead';

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
      <td className={classes.end}>
        {owner ? (
          <Link to="/accounts" search={{ owner: owner.id }} className={classes.number}>
            {format.number(row.accounts)}
          </Link>
        ) : (
          <span className="num">{format.number(row.accounts)}</span>
        )}
      </td>
      <td className={`${classes.end} num`}>{row.arr ? format.moneyShort(row.arr) : '–'}</td>
      <td className={`${classes.end} num`}>
        {row.average ? format.moneyShort(row.average) : '–'}
        {row.suggested && (
          <span className={classes.doc}>{t('segments.coverage.suggested', { model: row.suggested })}</span>
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
                  className={classes.number}
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
      <td className={`${classes.end} num`}>{format.number(row.touches_per_week, 1)}</td>
    </tr>
  );
}

export function Owners({ board }: { board: CoverageBoard }) {
  return (
    <section className={classes.panel} aria-labelledby="owners-title">
      <h2 id="owners-title">{t('segments.coverage.owners')}</h2>
      {board.owners.length === 0 ? (
        <p className={classes.note}>{t('segments.coverage.ownersNone')}</p>
      ) : (
        <ScrollRegion
          className={classes.scroll}
          label={t('segments.tableOf', { title: t('segments.coverage.owners') })}
        >
          <table className={classes.table}>
            <TableHead
              columns={[
                t('segments.coverage.csm'),
                { end: t('segments.accounts') },
                { end: t('segments.arr') },
                { end: t('segments.coverage.average') },
                t('segments.coverage.load'),
                { end: t('segments.coverage.touches') },
              ]}
            />
            <tbody>
              {board.owners.map(row => (
                <Row key={row.owner?.id ?? ''} row={row} />
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      )}
      <p className={classes.note}>{t('segments.coverage.loadWhy')}</p>
    </section>
  );
}
