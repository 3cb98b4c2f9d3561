// Segments by the model that they are of: how many accounts, what share, what ARR, in which colours.
import { Link } from '@tanstack/react-router';
import type { Segment, SegmentBoard } from '@/api/types';
import { useFormat } from '@/features/session';
import { percentOf } from '@/lib/format';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { ColourBar } from './Colours';
import classes from './Segments.module.css';
import { type Model, modelsOf } from './sets';

function Row({ set, board }: { set: Segment; board: SegmentBoard }) {
  const format = useFormat();
  return (
    <tr>
      <th scope="row">
        <Link to="/segments/$name" params={{ name: set.name }} className={page.name}>
          {set.name}
        </Link>
        {set.doc && <span className={page.doc}>{set.doc}</span>}
      </th>
      <td className={page.end}>
        <Link to="/accounts" search={{ segment: set.name }} className={page.number}>
          {format.number(set.accounts)}
        </Link>
      </td>
      <td className={`${page.end} num`}>{percentOf(set.accounts, board.accounts)}</td>
      <td className={`${page.end} num`}>{set.arr ? format.moneyShort(set.arr) : '–'}</td>
      <td className={`${page.end} num`}>{percentOf(set.arr?.minor ?? 0, board.arr?.minor ?? 0)}</td>
      <td className={page.wide}>
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
          <td className={page.end}>
            <Link to="/accounts" search={{ flag: 'unsegmented' }} className={page.number}>
              {format.number(board.unsegmented)}
            </Link>
          </td>
          <td className={`${page.end} num`}>{percentOf(board.unsegmented, board.accounts)}</td>
          <td colSpan={3} />
        </tr>
      )}
    </tbody>
  );
}

export function Models({ board }: { board: SegmentBoard }) {
  return (
    <Panel id="models-title" title={t('segments.which')}>
      <DataTable
        label={t('table.of', { title: t('segments.which') })}
        columns={[
          t('segments.segment'),
          { end: t('segments.accounts') },
          { end: t('segments.share') },
          { end: t('segments.arr') },
          { end: t('segments.arrShare') },
          { wide: t('segments.colours') },
        ]}
      >
        {modelsOf(board.data).map(model => (
          <ModelRows key={model.name} model={model} board={board} />
        ))}
      </DataTable>
      {board.unsegmented === null && <p className={page.note}>{t('segments.noPrimary')}</p>}
    </Panel>
  );
}
