// The book of business: the list of accounts with its filters, live.
import { Button } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { QueryFailure, useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { useKeys } from '@/lib/keys';
import { joinList, splitList } from '@/lib/search';
import { Empty, LoadingLines } from '@/ui/states';
import { AccountCards } from './AccountCards';
import classes from './AccountsPage.module.css';
import { TableBody, TableHead } from './AccountTable';
import tableClasses from './AccountTable.module.css';
import { columns, features } from './columns';
import { Filters } from './Filters';
import { type AccountSearch, filterOf, nextSort, SORTS, sortOf } from './filter';
import { PAGE_ROWS } from './queries';
import { SelectionBar } from './SelectionBar';
import { useBook } from './useBook';

const ROW_PX = 32;
const CARD_PX = 64;
const HEAD_PX = 34;

function useColumns(search: AccountSearch, onChange: (change: Partial<AccountSearch>) => void) {
  const shown = splitList(search.cols);
  const columnVisibility = Object.fromEntries(
    SORTS.map(id => [id, shown.length === 0 || id === 'name' || shown.includes(id)]),
  );
  return { columnVisibility, setShown: (ids: string[]) => onChange({ cols: joinList(ids) }) };
}

/** Which pages the rows on screen belong to, as a list that only changes when they do. */
function usePages(first: number, last: number): number[] {
  const from = Math.floor(first / PAGE_ROWS);
  const to = Math.floor(last / PAGE_ROWS);
  return useMemo(() => Array.from({ length: to - from + 1 }, (_, i) => from + i), [from, to]);
}

export function AccountsPage({ search }: { search: AccountSearch }) {
  const navigate = useNavigate();
  const format = useFormat();
  const phone = useMediaQuery('(max-width: 640px)', undefined, { getInitialValueInEffect: false }) ?? false;
  const scroll = useRef<HTMLDivElement>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const [range, setRange] = useState({ first: 0, last: 0 });
  const [active, setActive] = useState(-1);
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const wantsFocus = useRef(false);

  // The address object is new on every navigation; the filter only when what it says is.
  const filterKey = JSON.stringify(filterOf(search));
  const filter = useMemo(() => JSON.parse(filterKey) as ReturnType<typeof filterOf>, [filterKey]);
  const book = useBook(filter, usePages(range.first, range.last));

  const change = useCallback(
    (part: Partial<AccountSearch>) => {
      void navigate({ to: '/accounts', search: old => ({ ...old, ...part }), replace: part.q !== undefined });
    },
    [navigate],
  );
  const { columnVisibility, setShown } = useColumns(search, change);
  const table = useTable({ features, columns, data: book.rows, state: { columnVisibility } });

  const virtualizer = useVirtualizer({
    count: book.total,
    getScrollElement: () => scroll.current,
    estimateSize: () => (phone ? CARD_PX : ROW_PX),
    overscan: 12,
    scrollPaddingStart: phone ? 0 : HEAD_PX,
    onChange: instance => {
      const items = instance.getVirtualItems();
      const first = items[0]?.index ?? 0;
      const last = items.at(-1)?.index ?? 0;
      setRange(old => (old.first === first && old.last === last ? old : { first, last }));
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the other width has other rows
  useEffect(() => virtualizer.measure(), [phone, virtualizer]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list starts at its top
  useEffect(() => {
    scroll.current?.scrollTo({ top: 0 });
    setActive(old => Math.min(old, 0));
  }, [filterKey]);

  const activeId = book.stale ? undefined : book.row(active)?.id;
  useEffect(() => {
    if (!wantsFocus.current || !activeId) return;
    const link = scroll.current?.querySelector<HTMLElement>(`[data-row-link="${CSS.escape(activeId)}"]`);
    if (!link) return;
    wantsFocus.current = false;
    link.focus({ preventScroll: true });
  });

  const move = (to: number) => {
    const next = Math.max(0, Math.min(book.total - 1, to));
    wantsFocus.current = true;
    setActive(next);
    virtualizer.scrollToIndex(next, { align: 'auto' });
  };
  const toggle = useCallback((id: string) => {
    setSelection(old => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);

  useKeys({
    j: () => move(active + 1),
    k: () => move(active - 1),
    x: () => activeId && toggle(activeId),
    Enter: event => {
      if (!activeId || (event.target instanceof HTMLElement && event.target.closest('a,button,input')))
        return;
      void navigate({ to: '/accounts/$accountId', params: { accountId: activeId } });
    },
    '/': event => {
      event.preventDefault();
      searchBox.current?.focus();
      searchBox.current?.select();
    },
    Escape: () => setSelection(new Set()),
  });

  const visible = table.getVisibleLeafColumns();
  const template = visible.map(column => column.columnDef.meta?.width ?? '1fr').join(' ');
  const items = virtualizer.getVirtualItems();
  const height = virtualizer.getTotalSize();
  const nothing = !book.loading && !book.error && book.total === 0;
  const narrowed = Boolean(search.q || search.band || search.owner || search.renewal);

  return (
    <section className={classes.page} aria-label={t('accounts.title')}>
      <header className={classes.header}>
        <h1>{t('accounts.title')}</h1>
        <span className={`dim num`} role="status">
          {book.loading
            ? ''
            : t('accounts.count', { count: book.latestTotal, shown: format.number(book.latestTotal) })}
        </span>
        {book.updates > 0 && (
          <Button size="compact-xs" variant="light" onClick={book.apply}>
            {t('accounts.updates', { count: book.updates, shown: format.number(book.updates) })}
          </Button>
        )}
      </header>
      <Filters
        search={search}
        onChange={change}
        searchRef={searchBox}
        columns={
          phone
            ? null
            : table
                .getAllLeafColumns()
                .filter(column => column.getCanHide())
                .map(column => ({
                  id: column.id,
                  label: String(column.columnDef.header),
                  shown: column.getIsVisible(),
                }))
        }
        onColumn={id => {
          const ids = visible.map(column => column.id);
          setShown(ids.includes(id) ? ids.filter(one => one !== id) : [...ids, id]);
        }}
        onLeaveSearch={() => move(0)}
      />
      {selection.size > 0 && <SelectionBar ids={[...selection]} onClear={() => setSelection(new Set())} />}
      {book.error !== null && (
        <div className={classes.notice}>
          <QueryFailure error={book.error} onRetry={book.retry} />
        </div>
      )}
      {book.loading && !book.error && (
        <div className={classes.notice}>
          <LoadingLines lines={16} height={12} />
        </div>
      )}
      {nothing && (
        <Empty title={narrowed ? t('accounts.noneMatch') : t('accounts.none')}>
          {narrowed ? t('accounts.noneMatchHelp') : t('accounts.noneHelp')}
        </Empty>
      )}
      <div
        ref={scroll}
        className={`${tableClasses.scroll} ${book.stale ? tableClasses.stale : ''}`}
        hidden={book.loading || nothing}
      >
        {phone ? (
          <AccountCards items={items} height={height} total={book.total} rowAt={book.row} />
        ) : (
          <div
            role="grid"
            aria-label={t('accounts.title')}
            aria-rowcount={book.total + 1}
            aria-multiselectable="true"
            className={tableClasses.grid}
            style={
              {
                '--columns': template,
                '--least': `${200 + 110 * (visible.length - 1)}px`,
              } as React.CSSProperties
            }
          >
            <TableHead
              table={table}
              sort={sortOf(search)}
              onSort={key => change({ sort: nextSort(search, key) })}
            />
            <TableBody
              table={table}
              items={items}
              height={height}
              rowAt={book.row}
              activeIndex={active}
              selection={selection}
              columns={template}
              onToggle={toggle}
            />
          </div>
        )}
      </div>
    </section>
  );
}
