// The columns of the book.  A column's id is its name in the address and, where it sorts, its sort key.
import {
  columnVisibilityFeature,
  createColumnHelper,
  metaHelper,
  tableFeatures,
} from '@tanstack/react-table';
import type { AccountRow } from '@/api/types';
import { Grade, HealthMark, Trend } from '@/features/health';
import { useFormat, When } from '@/features/session';
import { useAsOf } from '@/lib/asOf';
import { t } from '@/lib/i18n';
import { Sparkline } from '@/ui/Sparkline';
import classes from './AccountTable.module.css';
import { useMark } from './changes';
import type { SortKey } from './filter';

interface ColumnMeta {
  width: string;
  sort?: SortKey;
  end?: boolean;
}

export const features = tableFeatures({ columnVisibilityFeature, columnMeta: metaHelper<ColumnMeta>() });
const helper = createColumnHelper<typeof features, AccountRow>();

/** A plain link: hundreds come and go while one scrolls.  The list takes its clicks (see RowLinks). */
export function NameLink({ row }: { row: AccountRow }) {
  const asOf = useAsOf();
  return (
    <a
      href={`/accounts/${row.id}${asOf ? `?as_of=${asOf}` : ''}`}
      className={classes.name}
      data-row-link={row.id}
      title={row.name}
    >
      {row.name}
    </a>
  );
}

function HealthCell({ row }: { row: AccountRow }) {
  const mark = useMark(row.id);
  return (
    <span key={mark} className={mark === undefined ? undefined : classes.marked}>
      <HealthMark score={row.score} graded={false} />
    </span>
  );
}

function GradeCell({ row }: { row: AccountRow }) {
  return row.score?.grade ? <Grade score={row.score} /> : <span className={classes.none}>–</span>;
}

function TrendCell({ row }: { row: AccountRow }) {
  return (
    <span className={classes.trend}>
      {row.trend === null ? (
        <span className={classes.none}>–</span>
      ) : (
        <Trend points={row.trend} drift={row.drift} />
      )}
      <span className={classes.spark}>{row.spark && <Sparkline values={row.spark} span={20} />}</span>
    </span>
  );
}

export function Arr({ row }: { row: Pick<AccountRow, 'arr'> }) {
  const format = useFormat();
  return row.arr ? (
    <span className="num" title={format.money(row.arr)}>
      {format.moneyWhole(row.arr)}
    </span>
  ) : (
    <span className={classes.none}>–</span>
  );
}

function WhenCell({ at }: { at: string | null | undefined }) {
  return at ? <When at={at} /> : <span className={classes.none}>–</span>;
}

function SegmentsCell({ row }: { row: AccountRow }) {
  const names = row.segments.join(', ');
  if (!names) return <span className={classes.none}>–</span>;
  return (
    <span className={classes.names} title={names}>
      {names}
    </span>
  );
}

export const columns = helper.columns([
  helper.accessor('name', {
    header: t('accounts.column.name'),
    enableHiding: false,
    cell: ({ row }) => <NameLink row={row.original} />,
    meta: { width: 'minmax(184px, 460px)', sort: 'name' },
  }),
  helper.accessor('score', {
    header: t('accounts.column.score'),
    cell: ({ row }) => <HealthCell row={row.original} />,
    meta: { width: '166px', sort: 'score' },
  }),
  helper.accessor(row => row.score?.grade, {
    id: 'grade',
    header: t('accounts.column.grade'),
    cell: ({ row }) => <GradeCell row={row.original} />,
    meta: { width: '84px', sort: 'score' },
  }),
  helper.accessor('trend', {
    header: t('accounts.column.trend'),
    cell: ({ row }) => <TrendCell row={row.original} />,
    meta: { width: '148px', sort: 'trend' },
  }),
  helper.accessor('arr', {
    header: t('accounts.column.arr'),
    cell: ({ row }) => <Arr row={row.original} />,
    meta: { width: 'minmax(96px, 116px)', sort: 'arr', end: true },
  }),
  helper.accessor('renewal_at', {
    header: t('accounts.column.renewal_at'),
    cell: ({ row }) => <WhenCell at={row.original.renewal_at} />,
    meta: { width: 'minmax(104px, 128px)', sort: 'renewal_at' },
  }),
  helper.accessor('owner', {
    header: t('accounts.column.owner'),
    cell: ({ row }) => row.original.owner?.name ?? <span className={classes.none}>–</span>,
    meta: { width: 'minmax(120px, 220px)', sort: 'owner' },
  }),
  helper.accessor('last_activity_at', {
    header: t('accounts.column.last_activity_at'),
    cell: ({ row }) => <WhenCell at={row.original.last_activity_at} />,
    meta: { width: 'minmax(120px, 148px)', sort: 'last_activity_at' },
  }),
  helper.accessor('open_tickets', {
    header: t('accounts.column.open_tickets'),
    cell: ({ row }) => <span className="num">{row.original.open_tickets ?? '–'}</span>,
    meta: { width: '112px', sort: 'open_tickets', end: true },
  }),
  helper.accessor('lifecycle_stage', {
    id: 'stage',
    header: t('accounts.column.stage'),
    cell: ({ row }) => row.original.lifecycle_stage ?? <span className={classes.none}>–</span>,
    meta: { width: 'minmax(104px, 140px)' },
  }),
  helper.accessor('coverage', {
    header: t('accounts.column.coverage'),
    cell: ({ row }) => row.original.coverage ?? <span className={classes.none}>–</span>,
    meta: { width: 'minmax(92px, 128px)' },
  }),
  helper.accessor('segments', {
    header: t('accounts.column.segments'),
    cell: ({ row }) => <SegmentsCell row={row.original} />,
    meta: { width: 'minmax(160px, 320px)' },
  }),
]);
