// Segments by the model that they are of: how many accounts, what share, what ARR, in which colours.
import { Link } from '@tanstack/react-router';
import type { Segment, SegmentBoard } from '@/api/types';
import { useFormat } from '@/features/session';
import { percentOf } from '@/lib/format';
import { t } from '@/lib/i18n';
import { ScrollRegion } from '@/ui/ScrollRegion';
import { ColourBar } from './Colours';
import classes from './Segments.module.css';
import { type Model, modelsOf } from './sets';
import { TableHead } from './TableHead';

function Row({ set, board }: { set: Segment; board: SegmentBoard }) {
  const format = useFormat();
  return (
    <tr>
      <th scope="row">
        <Link to="/segments/$name" params={{ name: set.name }} className={classes.name}>
          {set.name}
        </Link>
        {set.doc && <span className={classes.doc}>{set.doc}</span>}
      </th>
      <td className={classes.end}>
        <Link to="/accounts" search={{ segment: set.name }} className={classes.number}>
          {format.number(set.accounts)}
        </Link>
      </td>
      <td className={`${classes.end} num`}>{percentOf(set.accounts, board.accounts)}</td>
      <td className={`${classes.end} num`}>{set.arr ? format.moneyShort(set.arr) : '–'}</td>
      <td className={`${classes.end} num`}>{percentOf(set.arr?.minor ?? 0, board.arr?.minor ?? 0)}</td>
      <td className={classes.wide}>
        <ColourBar bands={set.bands} />
      </td>
    </tr>
  );
}

function ModelRows({ model, board }: { model: Model; board: SegmentBoard }) {
  const format = useFormat();
  const says = model.name === null ? t('segments.besideHelp') : t('segments.oneOf');
  return (
    <tbody>
      <tr className={classes.group}>
        <th scope="rowgroup" colSpan={6}>
          {model.name === null ? t('segments.beside') : t('segments.model', { name: model.name })}
          <span className="dim"> · {model.primary ? t('segments.primary') : says}</span>
        </th>
      </tr>
      {model.segments.map(set => (
        <Row key={set.name} set={set} board={board} />
      ))}
      {model.primary && board.unsegmented !== null && (
        <tr>
          <th scope="row" className="dim">
            {t('segments.unsegmented')}
          </th>
          <td className={classes.end}>
            <Link to="/accounts" search={{ flag: 'unsegmented' }} className={classes.number}>
              {format.number(board.unsegmented)}
            </Link>
          </td>
          <td className={`${classes.end} num`}>{percentOf(board.unsegmented, board.accounts)}</td>
          <td colSpan={3} />
        </tr>
      )}
    </tbody>
  );
}

export function Models({ board }: { board: SegmentBoard }) {
  return (
    <section className={classes.panel} aria-labelledby="models-title">
      <h2 id="models-title">{t('segments.which')}</h2>
      <ScrollRegion className={classes.scroll} label={t('segments.tableOf', { title: t('segments.which') })}>
        <table className={classes.table}>
          <TableHead
            columns={[
              t('segments.segment'),
              { end: t('segments.accounts') },
              { end: t('segments.share') },
              { end: t('segments.arr') },
              { end: t('segments.arrShare') },
              { wide: t('segments.colours') },
            ]}
          />
          {modelsOf(board.data).map(model => (
            <ModelRows key={model.name} model={model} board={board} />
          ))}
        </table>
      </ScrollRegion>
      {board.unsegmented === null && <p className={classes.note}>{t('segments.noPrimary')}</p>}
    </section>
  );
}
