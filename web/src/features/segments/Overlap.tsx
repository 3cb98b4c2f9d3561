// Where segments overlap: by two as a square, and every exact combination as a list.
import { Button, Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { OverlapPart, SegmentBoard, SegmentOverlap } from '@/api/types';
import { QueryFailure, useFormat } from '@/features/session';
import { percentOf } from '@/lib/format';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Icon } from '@/ui/Icon';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { LoadingLines } from '@/ui/states';
import { useOverlap } from './queries';
import classes from './Segments.module.css';
import type { SegmentsSearch } from './search';
import { COMPARED_MOST, comparedOf, exactly } from './sets';

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
  const format = useFormat();
  const search = exactly(part, compared, board.data);
  const count = format.number(part.accounts);
  return (
    <tr>
      <th scope="row">
        <span className={classes.tags}>
          {part.segments.map(name => (
            <span key={name} className={classes.tag}>
              {name}
            </span>
          ))}
        </span>
      </th>
      <td className={page.end}>
        {search ? (
          <Link to="/accounts" search={search} className={page.number}>
            {count}
          </Link>
        ) : (
          <span className={page.number}>{count}</span>
        )}
      </td>
      <td className={`${page.end} num`}>{percentOf(part.accounts, board.accounts)}</td>
      <td className={`${page.end} num`}>{part.arr ? format.moneyShort(part.arr) : '–'}</td>
      <td className={`${page.end} num`}>{percentOf(part.arr?.minor ?? 0, board.arr?.minor ?? 0)}</td>
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
        columns={[
          t('segments.combination'),
          { end: t('segments.accounts') },
          { end: t('segments.share') },
          { end: t('segments.arr') },
          { end: t('segments.arrShare') },
        ]}
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

interface CompareProps {
  names: readonly string[];
  compared: readonly string[];
  onChange: (names: string[]) => void;
}

function Compare({ names, compared, onChange }: CompareProps) {
  const toggle = (name: string) => onChange(names.filter(one => compared.includes(one) !== (one === name)));
  return (
    <Menu position="bottom-end" closeOnItemClick={false}>
      <Menu.Target>
        <Button size="xs" variant="default" rightSection={<Icon name="down" size={12} />}>
          {t('segments.compare')}: {t('segments.compareCount', { count: compared.length })}
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={page.menu}>
        {names.length > COMPARED_MOST && <Menu.Label>{t('segments.compareMost')}</Menu.Label>}
        {names.map(name => {
          const on = compared.includes(name);
          return (
            <Menu.CheckboxItem
              key={name}
              value={name}
              checked={on}
              disabled={on ? compared.length <= 2 : compared.length >= COMPARED_MOST}
              onClick={() => toggle(name)}
            >
              {name}
            </Menu.CheckboxItem>
          );
        })}
      </Menu.Dropdown>
    </Menu>
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
              names={names}
              compared={compared}
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
