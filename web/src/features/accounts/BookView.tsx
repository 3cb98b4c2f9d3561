// The rows of the book on screen, as a table or, on a phone, as cards; moved by scroll and by key.
// Knows nothing of filters: those are the page's.
import { useNavigate } from '@tanstack/react-router';
import { useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type CSSProperties,
  type MouseEvent,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { t } from '@/lib/i18n';
import { useKeys } from '@/lib/keys';
import { AccountCards } from './AccountCards';
import { TableBody, TableHead } from './AccountTable';
import classes from './AccountTable.module.css';
import { useWatched } from './changes';
import { columns, features } from './columns';
import type { SortKey } from './filter';
import { type Place, usePlace } from './place';
import { PAGE_ROWS } from './queries';
import type { Book } from './useBook';

const ROW_PX = 32;
const CARD_PX = 64;
const HEAD_PX = 34;
const OVERSCAN = 10;

export interface BookMoves {
  /** Puts the focus on a row, scrolling to it. */
  to(index: number): void;
}

interface Props {
  book: Book;
  /** Changes when another list is shown. */
  listKey: string;
  phone: boolean;
  columnVisibility: Record<string, boolean>;
  sort: { key: SortKey; down: boolean };
  selection: ReadonlySet<string>;
  moves: Ref<BookMoves>;
  onSort: (key: SortKey) => void;
  onToggle: (id: string) => void;
  onPages: (pages: number[]) => void;
}

/** Plain clicks on a row's link stay within the app; all others are the browser's. */
function useRowLinks(onOpen: (index: number) => void) {
  const navigate = useNavigate();
  return (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('[data-row-link]') : null;
    const accountId = link?.getAttribute('data-row-link');
    if (!accountId) return;
    event.preventDefault();
    const row = link?.closest('[aria-rowindex]')?.getAttribute('aria-rowindex');
    if (row) onOpen(Number(row) - 2);
    void navigate({ to: '/accounts/$accountId', params: { accountId } });
  };
}

export function BookView(props: Props) {
  const { book, listKey, phone, columnVisibility, sort, selection, moves, onSort, onToggle, onPages } = props;
  const navigate = useNavigate();
  const scroll = useRef<HTMLDivElement>(null);
  const wantsFocus = useRef(-1); // the row that is to have it
  const shownPages = useRef('0');
  const [active, setActive] = useState(-1);
  // A move to the row that is active already draws it again, which puts the focus there.
  const [, setMoves] = useState(0);
  const latest = useRef(active); // also of a row that is being opened, and between two keys that come at once
  useEffect(() => {
    latest.current = active;
  }, [active]);
  const followLink = useRowLinks(index => {
    latest.current = index;
  });
  const placeBefore = usePlace(() => ({ top: scroll.current?.scrollTop ?? 0, active: latest.current }));
  const comesBack = useRef<Place | undefined>(undefined);

  const table = useTable({ features, columns, data: book.rows, state: { columnVisibility } });
  const virtualizer = useVirtualizer({
    count: book.total,
    getScrollElement: () => scroll.current,
    estimateSize: () => (phone ? CARD_PX : ROW_PX),
    overscan: OVERSCAN,
    scrollPaddingStart: phone ? 0 : HEAD_PX,
    onChange: instance => {
      const items = instance.getVirtualItems();
      const from = Math.floor((items[0]?.index ?? 0) / PAGE_ROWS);
      const to = Math.floor((items.at(-1)?.index ?? 0) / PAGE_ROWS);
      if (shownPages.current === `${from}-${to}`) return;
      shownPages.current = `${from}-${to}`;
      onPages(Array.from({ length: to - from + 1 }, (_, i) => from + i));
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the other width has other rows
  useEffect(() => virtualizer.measure(), [phone, virtualizer]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list starts at its top, or where one left it
  useLayoutEffect(() => {
    comesBack.current = placeBefore();
    scroll.current?.scrollTo({ top: 0 });
    setActive(old => Math.min(old, 0));
  }, [listKey]);
  useLayoutEffect(() => {
    const place = comesBack.current;
    if (!place || !scroll.current || book.stale || book.total === 0) return;
    comesBack.current = undefined;
    scroll.current.scrollTo({ top: place.top });
    const y = place.active * ROW_PX - scroll.current.scrollTop;
    if (place.active < 0 || y < 0 || y >= scroll.current.clientHeight) return;
    wantsFocus.current = place.active;
    setActive(place.active);
  });

  const activeId = book.stale ? undefined : book.row(active)?.id;
  useEffect(() => {
    if (wantsFocus.current !== active || !activeId) return;
    const link = scroll.current?.querySelector<HTMLElement>(`[data-row-link="${CSS.escape(activeId)}"]`);
    if (!link) return;
    wantsFocus.current = -1;
    link.focus({ preventScroll: true });
  });

  const move = useCallback(
    (to: number) => {
      const next = Math.max(0, Math.min(book.total - 1, to));
      wantsFocus.current = next;
      latest.current = next;
      setActive(next);
      setMoves(old => old + 1);
      virtualizer.scrollToIndex(next, { align: 'auto' });
    },
    [book.total, virtualizer],
  );
  useImperativeHandle(moves, () => ({ to: move }), [move]);
  useKeys({
    j: () => move(latest.current + 1),
    k: () => move(latest.current - 1),
    x: () => activeId && onToggle(activeId),
    Enter: event => {
      if (!activeId || (event.target instanceof HTMLElement && event.target.closest('a,button,input')))
        return;
      void navigate({ to: '/accounts/$accountId', params: { accountId: activeId } });
    },
  });

  const visible = table.getVisibleLeafColumns();
  // On a very wide screen the rest of the width stays empty, so that a row can still be read across.
  const template = `${visible.map(column => column.columnDef.meta?.width ?? '120px').join(' ')} 1fr`;
  const least = `${200 + 118 * (visible.length - 1)}px`;
  const items = virtualizer.getVirtualItems();
  useWatched(items.flatMap(item => book.row(item.index)?.id ?? []));
  const height = virtualizer.getTotalSize();
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the clicks are those of the links within
    <div
      ref={scroll}
      className={`${classes.scroll} ${book.stale ? classes.stale : ''}`}
      aria-busy={book.stale}
      hidden={book.loading || book.total === 0}
      onClick={followLink}
    >
      {phone ? (
        <AccountCards items={items} height={height} total={book.total} rowAt={book.row} />
      ) : (
        <div
          role="grid"
          aria-label={t('accounts.title')}
          aria-rowcount={book.total + 1}
          aria-multiselectable="true"
          className={classes.grid}
          style={{ '--columns': template, '--least': least } as CSSProperties}
        >
          <TableHead table={table} sort={sort} onSort={onSort} />
          <TableBody
            table={table}
            items={items}
            height={height}
            rowAt={book.row}
            activeIndex={active}
            selection={selection}
            columns={template}
            onToggle={onToggle}
          />
        </div>
      )}
    </div>
  );
}
