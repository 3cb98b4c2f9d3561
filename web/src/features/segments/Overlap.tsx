// Where segments overlap: by two as a square, what became of an overlap's accounts, and every exact
// combination as a list.
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { OverlapPart, SegmentBoard, SegmentOverlap } from '@/api/types';
import { QueryFailure, useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { LoadingLines } from '@/ui/states';
import { Compare } from './Compare';
import { FateCells, fateColumns } from './FateCells';
import { Fates } from './Fates';
import { useOverlap } from './queries';
import { SaveButton } from './SaveSegment';
import classes from './Segments.module.css';
import type { SegmentsSearch } from './search';
import { comparedOf, exactly, othersOf } from './sets';
import { Tags } from './Tags';

const FEW = 10;

interface SquareProps {
  board: SegmentBoard;
  compared: readonly string[];
  overlap: SegmentOverlap;
}

function Square({ board, compared, overlap }: SquareProps) {
  const format = useFormat();
  const alone = new Map(board.data.map(set => [set.kind === 'segment' ? set.name : '', set.accounts]));
  const both = new Map(overlap.pairs.map(part => [part.segments.join(), part.accounts]));
  return (
    <DataTable label={t('segments.overlapTable')} className={classes.square}>
      <thead>
        <tr>
          <td />
          {compared.slice(0, -1).map(name => (
            <th scope="col" key={name} className={page.end}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {compared.slice(1).map((row, i) => (
          <tr key={row}>
            <th scope="row">{row}</th>
            {compared.slice(0, -1).map((column, j) => {
              const count = j <= i ? (both.get(`${column},${row}`) ?? 0) : null;
              const share = count
                ? count / Math.max(1, Math.min(alone.get(row) ?? 0, alone.get(column) ?? 0))
                : 0;
              return (
                <td
                  key={column}
                  className={page.end}
                  data-share={count === null ? undefined : Math.ceil(share * 4)}
                >
                  {count === null ? null : count === 0 ? (
                    <span className="dim">–</span>
                  ) : (
                    <Link
                      to="/accounts"
                      search={{ segment: `${column},${row}` }}
                      className={page.number}
                      aria-label={`${column}, ${row}: ${format.number(count)}`}
                    >
                      {format.number(count)}
                    </Link>
                  )}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}

function Combination({ part, board, compared }: { part: OverlapPart } & Omit<SquareProps, 'overlap'>) {
  return (
    <tr>
      <th scope="row">
        <Tags names={part.segments} />
      </th>
      <FateCells fate={part} search={exactly(part, compared, board.data)} />
      <td className={page.end}>
        <SaveButton segments={part.segments} without={othersOf(part, compared, board.data)} board={board} />
      </td>
    </tr>
  );
}

function Combinations({
  board,
  compared,
  overlap,
  all,
  onAll,
}: SquareProps & { all: boolean; onAll: () => void }) {
  const parts = all ? overlap.exactly : overlap.exactly.slice(0, FEW);
  return (
    <Panel id="micro-title" title={t('segments.micro')} note={t('segments.microWhy')}>
      <DataTable
        label={t('table.of', { title: t('segments.micro') })}
        columns={[t('segments.combination'), ...fateColumns(), { end: t('segments.save.column') }]}
      >
        <tbody>
          {parts.map(part => (
            <Combination key={part.segments.join()} part={part} board={board} compared={compared} />
          ))}
        </tbody>
      </DataTable>
      {overlap.exactly.length > FEW && (
        <Button size="compact-xs" variant="subtle" mt={8} onClick={onAll}>
          {all ? t('segments.fewer') : t('segments.all', { count: overlap.exactly.length })}
        </Button>
      )}
    </Panel>
  );
}

interface Props {
  board: SegmentBoard;
  search: SegmentsSearch;
  onChange: (part: SegmentsSearch) => void;
}

/** Nothing overlaps where there is only one segment. */
export function Overlap({ board, search, onChange }: Props) {
  const names = board.data.filter(set => set.kind === 'segment').map(set => set.name);
  const compared = comparedOf(board.data, search.compare?.split(',') ?? []);
  const overlap = useOverlap(compared);
  if (compared.length < 2) return null;
  return (
    <>
      <Panel
        id="overlap-title"
        title={t('segments.overlap')}
        aside={
          names.length > 2 && (
            <Compare
              label={t('segments.compare')}
              names={names}
              chosen={compared}
              onChange={next => onChange({ compare: next.join(',') })}
            />
          )
        }
        note={t('segments.overlapWhy')}
      >
        {overlap.isPending && <LoadingLines lines={8} />}
        {overlap.error && <QueryFailure error={overlap.error} onRetry={() => void overlap.refetch()} />}
        {overlap.data && <Square board={board} compared={compared} overlap={overlap.data} />}
      </Panel>
      {overlap.data && (
        <Fates
          board={board}
          compared={compared}
          overlap={overlap.data}
          wanted={search.pick?.split(',') ?? []}
          onPick={next => onChange({ pick: next.join(',') })}
        />
      )}
      {overlap.data && (
        <Combinations
          board={board}
          compared={compared}
          overlap={overlap.data}
          all={search.all === '1'}
          onAll={() => onChange({ all: search.all === '1' ? undefined : '1' })}
        />
      )}
    </>
  );
}
