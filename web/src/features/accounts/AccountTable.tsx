// The book as a table of fixed 32 px rows, of which only those on screen exist.
import type { ReactTable, Row } from '@tanstack/react-table';
import type { VirtualItem } from '@tanstack/react-virtual';
import { memo } from 'react';
import type { AccountRow } from '@/api/types';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import classes from './AccountTable.module.css';
import type { features } from './columns';
import type { SortKey } from './filter';

type BookTable = ReactTable<typeof features, AccountRow>;

interface HeadProps {
  table: BookTable;
  sort: { key: SortKey; down: boolean };
  onSort: (key: SortKey) => void;
}

export function TableHead({ table, sort, onSort }: HeadProps) {
  return (
    <div role="rowgroup" className={classes.headGroup}>
      {table.getHeaderGroups().map(group => (
        <div role="row" aria-rowindex={1} className={classes.head} key={group.id}>
          {group.headers.map((header, i) => {
            const meta = header.column.columnDef.meta;
            const sorted = sort.key === meta?.sort;
            return (
              <div
                role="columnheader"
                key={header.id}
                className={`${classes.headCell} ${i === 0 ? classes.first : ''} ${meta?.end ? classes.end : ''}`}
                aria-sort={sorted ? (sort.down ? 'descending' : 'ascending') : undefined}
              >
                {meta?.sort ? (
                  <button
                    type="button"
                    className={classes.sort}
                    data-sorted={sorted}
                    onClick={() => meta.sort && onSort(meta.sort)}
                  >
                    <table.FlexRender header={header} />
                    {sorted && <Icon name={sort.down ? 'down' : 'up'} size={12} />}
                  </button>
                ) : (
                  <span className={classes.unsorted}>
                    <table.FlexRender header={header} />
                  </span>
                )}
              </div>
            );
          })}
        </div>
      ))}
    </div>
  );
}

interface RowProps {
  table: BookTable;
  row: Row<typeof features, AccountRow> | undefined;
  original: AccountRow | undefined;
  columns: string;
  index: number;
  start: number;
  active: boolean;
  selected: boolean;
  onToggle: (id: string) => void;
}

function TableRowPlain({ table, row, original, index, start, active, selected, onToggle }: RowProps) {
  const place = { transform: `translateY(${start}px)` };
  if (!row || !original) {
    return (
      <div role="row" className={classes.row} style={place} aria-rowindex={index + 2} aria-busy="true">
        <div role="gridcell" className={`${classes.cell} ${classes.first}`}>
          <span className={classes.ghost} style={{ width: `${90 + ((index * 37) % 70)}px` }} />
          <span className="sr-only">{t('state.loading')}</span>
        </div>
      </div>
    );
  }
  return (
    <div
      role="row"
      className={classes.row}
      style={place}
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-active={active}
    >
      {row.getVisibleCells().map((cell, i) => (
        <div
          role="gridcell"
          key={cell.id}
          className={`${classes.cell} ${i === 0 ? classes.first : ''} ${cell.column.columnDef.meta?.end ? classes.end : ''}`}
        >
          {i === 0 && (
            <input
              type="checkbox"
              tabIndex={-1}
              className={classes.check}
              checked={selected}
              aria-label={t('accounts.select', { name: original.name })}
              onChange={() => onToggle(original.id)}
            />
          )}
          <table.FlexRender cell={cell} />
        </div>
      ))}
    </div>
  );
}

/** Scrolling creates new row models; a row on screen is drawn again only if what it shows changed. */
export const TableRow = memo(
  TableRowPlain,
  (a, b) =>
    a.original === b.original &&
    a.columns === b.columns &&
    a.index === b.index &&
    a.start === b.start &&
    a.active === b.active &&
    a.selected === b.selected &&
    a.onToggle === b.onToggle,
);

interface BodyProps extends Omit<RowProps, 'row' | 'original' | 'index' | 'start' | 'active' | 'selected'> {
  items: VirtualItem[];
  height: number;
  rowAt: (index: number) => AccountRow | undefined;
  activeIndex: number;
  selection: ReadonlySet<string>;
}

export function TableBody({
  table,
  items,
  height,
  rowAt,
  activeIndex,
  selection,
  columns,
  onToggle,
}: BodyProps) {
  const models = new Map(table.getRowModel().rows.map(row => [row.original, row]));
  return (
    <div role="rowgroup" className={classes.body} style={{ height }}>
      {items.map(item => {
        const original = rowAt(item.index);
        return (
          <TableRow
            key={item.key}
            table={table}
            row={original && models.get(original)}
            original={original}
            columns={columns}
            index={item.index}
            start={item.start}
            active={item.index === activeIndex}
            selected={original !== undefined && selection.has(original.id)}
            onToggle={onToggle}
          />
        );
      })}
    </div>
  );
}
