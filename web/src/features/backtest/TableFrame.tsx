// A table of the page: scrolls by itself, named for screen readers.
import type { ReactNode } from 'react';
import { t } from '@/lib/i18n';
import { ScrollRegion } from '@/ui/ScrollRegion';
import classes from './Backtest.module.css';

/** A name alone is left-aligned. */
type Column = string | { end: string };

interface Props {
  title: string;
  columns: readonly Column[];
  children: ReactNode;
}

export function TableFrame({ title, columns, children }: Props) {
  return (
    <ScrollRegion className={classes.scroll} label={t('backtest.tableOf', { title })}>
      <table className={classes.table}>
        <thead>
          <tr>
            {columns.map((column, i) => (
              <th
                // biome-ignore lint/suspicious/noArrayIndexKey: columns do not move
                key={i}
                scope="col"
                className={typeof column === 'string' ? undefined : classes.end}
              >
                {typeof column === 'string' ? column : column.end}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </ScrollRegion>
  );
}
