// What became of the accounts in several segments at once, beside those in one of them alone.
import type { SegmentBoard, SegmentOverlap } from '@/api/types';
import { useFormat } from '@/features/session';
import { percentOf } from '@/lib/format';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { Compare } from './Compare';
import { FateCells, fateColumns } from './FateCells';
import { SaveButton } from './SaveSegment';
import classes from './Segments.module.css';
import { type Division, divide, exactly, pickedOf, together } from './sets';
import { Tags } from './Tags';

/** The answer in words: of those in all of them, how many are at risk; of the others, how many. */
function Lead({ all, alone }: Division) {
  const format = useFormat();
  const one = together(alone.map(({ fate }) => fate));
  if (all.accounts === 0 || one.accounts === 0) return null;
  return (
    <p className={classes.lead}>
      {t('segments.fates.lead', {
        count: all.accounts,
        both: format.number(all.accounts),
        bothRisk: percentOf(all.at_risk.accounts, all.accounts),
        one: format.number(one.accounts),
        oneRisk: percentOf(one.at_risk.accounts, one.accounts),
      })}
    </p>
  );
}

interface Props {
  board: SegmentBoard;
  compared: readonly string[];
  overlap: SegmentOverlap;
  wanted: readonly string[];
  onPick: (names: string[]) => void;
}

export function Fates({ board, compared, overlap, wanted, onPick }: Props) {
  const picked = pickedOf(compared, overlap.pairs, wanted);
  const division = divide(overlap.exactly, picked);
  return (
    <Panel
      id="fates-title"
      title={t('segments.fates.title')}
      aside={
        compared.length > 2 && (
          <Compare label={t('segments.fates.pick')} names={compared} chosen={picked} onChange={onPick} />
        )
      }
    >
      <Lead {...division} />
      <p className={page.note}>{t('segments.fates.why')}</p>
      <DataTable
        label={t('table.of', { title: t('segments.fates.title') })}
        columns={[t('segments.fates.in'), ...fateColumns(), { end: t('segments.save.column') }]}
      >
        <tbody>
          <tr>
            <th scope="row">
              <Tags names={picked} />
            </th>
            <FateCells fate={division.all} search={exactly({ segments: [...picked] }, picked, board.data)} />
            <td className={page.end}>
              <SaveButton segments={picked} without={[]} board={board} />
            </td>
          </tr>
          {picked.length > 2 && (
            <tr>
              <th scope="row">{t('segments.fates.some')}</th>
              <FateCells fate={division.some} search={null} />
              <td />
            </tr>
          )}
          {division.alone.map(({ name, fate }) => (
            <tr key={name}>
              <th scope="row">{t('segments.fates.only', { name })}</th>
              <FateCells fate={fate} search={exactly({ segments: [name] }, picked, board.data)} />
              <td />
            </tr>
          ))}
        </tbody>
      </DataTable>
    </Panel>
  );
}
