// A table that scrolls by itself and is named for screen readers, and its head.
import type { ReactNode } from 'react';
import page from './page.module.css';
import { ScrollRegion } from './ScrollRegion';

/** A name alone is left-aligned text; `end`: numbers, `wide`: a bar, `unseen`: for screen readers alone. */
export type Column = string | { end: string } | { wide: string } | { unseen: string };

function headOf(column: Column) {
  if (typeof column === 'string') return { name: column };
  if ('end' in column) return { name: column.end, className: page.end };
  if ('wide' in column) return { name: column.wide, className: page.wide };
  return { name: <span className="sr-only">{column.unseen}</span> };
}

export function TableHead({ columns }: { columns: readonly Column[] }) {
  return (
    <thead>
      <tr>
        {columns.map(headOf).map(({ name, className }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: columns do not move
          <th key={i} scope="col" className={className}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface Props {
  label: string;
  /** Without: `children` holds the head, too. */
  columns?: readonly Column[];
  /** With a line around it: where it stands outside a panel. */
  boxed?: boolean;
  /** Of the table: its measures, and what its cells need. */
  className?: string | undefined;
  children: ReactNode;
}

export function DataTable({ label, columns, boxed = false, className, children }: Props) {
  return (
    <ScrollRegion className={boxed ? page.boxed : page.scroll} label={label}>
      <table className={[page.table, className].filter(Boolean).join(' ')}>
        {columns && <TableHead columns={columns} />}
        {children}
      </table>
    </ScrollRegion>
  );
}
