// The book of business: the list of accounts with its filters, live.
import { Button } from '@mantine/core';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import { ApiProblem, detailOf, hasStatus } from '@/api/errors';
import { Backfilled, QueryFailure, useCan, useFormat } from '@/features/session';
import { useAsOf } from '@/lib/asOf';
import { t } from '@/lib/i18n';
import { useKeys } from '@/lib/keys';
import { usePhone } from '@/lib/screen';
import { joinList } from '@/lib/search';
import { useTitle } from '@/lib/title';
import { Empty, Failure, LoadingLines } from '@/ui/states';
import classes from './AccountsPage.module.css';
import { type BookMoves, BookView } from './BookView';
import { Filters } from './Filters';
import {
  type AccountSearch,
  COLUMNS,
  columnsOf,
  filterOf,
  isNarrowed,
  isUnknownThen,
  momentsOf,
  NOTHING,
  nextSort,
  sortOf,
} from './filter';
import { NoAccounts } from './NoAccounts';
import { SelectionBar } from './SelectionBar';
import { type Book, useBook } from './useBook';

const FIRST_PAGE = [0];

function Count({ book }: { book: Book }) {
  const format = useFormat();
  const { latestTotal, updates } = book;
  return (
    <>
      <span className="dim num" role="status">
        {book.loading || book.error
          ? ''
          : t('accounts.count', { count: latestTotal, shown: format.number(latestTotal) })}
      </span>
      {updates > 0 && (
        <Button size="compact-xs" variant="light" onClick={book.apply}>
          {t('accounts.updates', { count: updates, shown: format.number(updates) })}
        </Button>
      )}
    </>
  );
}

const wrongDetail = (error: unknown) =>
  t('accounts.wrongHelp', { detail: error instanceof ApiProblem ? (detailOf(error) ?? error.title) : '' });

interface NoticeProps {
  book: Book;
  narrowed: boolean;
  onClear: () => void;
}

function Notice({ book, narrowed, onClear }: NoticeProps) {
  const clear = (
    <Button size="xs" variant="default" mt={8} onClick={onClear}>
      {t('accounts.filter.clear')}
    </Button>
  );
  if (book.error) {
    // An address that asks by a name that the program does not have, such as one that was renamed.
    const isWrong = hasStatus(book.error, 400) && narrowed;
    return (
      <div className={classes.notice}>
        {isWrong ? (
          <Failure title={t('accounts.wrong')} detail={wrongDetail(book.error)}>
            {clear}
          </Failure>
        ) : (
          <QueryFailure error={book.error} onRetry={book.retry} />
        )}
      </div>
    );
  }
  if (book.loading) {
    return (
      <div className={classes.notice}>
        <LoadingLines lines={16} height={12} />
      </div>
    );
  }
  if (book.total > 0) return null;
  if (!narrowed && book.asOf)
    return (
      <Empty title={t('asOf.none')}>
        <p>{t('asOf.noneHelp')}</p>
      </Empty>
    );
  if (!narrowed) return <NoAccounts>{t('accounts.noneHelp')}</NoAccounts>;
  return (
    <Empty title={t('accounts.noneMatch')}>
      <p>{t('accounts.noneMatchHelp')}</p>
      {clear}
    </Empty>
  );
}

export function AccountsPage({ search }: { search: AccountSearch }) {
  useTitle(t('accounts.title'));
  const navigate = useNavigate();
  const router = useRouter();
  const mayWrite = useCan('write');
  const phone = usePhone();
  const searchBox = useRef<HTMLInputElement>(null);
  const moves = useRef<BookMoves>(null);
  const [pages, setPages] = useState<readonly number[]>(FIRST_PAGE);
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());

  // The address object is new on every navigation; the filter only when what it says is.
  const { dayStart } = useFormat();
  const asOf = useAsOf();
  const isPast = asOf !== undefined;
  const filterKey = JSON.stringify(filterOf(search, momentsOf(search, dayStart), asOf));
  const filter = useMemo(() => JSON.parse(filterKey) as ReturnType<typeof filterOf>, [filterKey]);
  const book = useBook(filter, pages);

  const change = useCallback(
    (part: Partial<AccountSearch>) => {
      // A search waits for the next letter: who has gone on meanwhile is not fetched back.
      if (router.latestLocation.pathname !== '/accounts') return;
      void navigate({ to: '/accounts', search: old => ({ ...old, ...part }), replace: 'q' in part });
    },
    [navigate, router],
  );
  // Once there are grades, scrolling on does not take their column away.
  const [graded, setGraded] = useState(false);
  if (!graded && book.rows.some(row => row.score?.grade)) setGraded(true);
  const columnVisibility = useMemo(
    () => columnsOf({ cols: search.cols }, graded, isPast),
    [search.cols, graded, isPast],
  );
  const toggle = useCallback((id: string) => {
    setSelection(old => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const clear = () => setSelection(new Set());

  useKeys({
    '/': event => {
      event.preventDefault();
      searchBox.current?.focus();
      searchBox.current?.select();
    },
    Escape: clear,
  });

  return (
    <section className={classes.page} aria-label={t('accounts.title')}>
      <header className={classes.header}>
        <h1>{t('accounts.title')}</h1>
        <Count book={book} />
        <Backfilled asOf={book.asOf} />
        {selection.size > 0 && mayWrite && <SelectionBar ids={[...selection]} onClear={clear} />}
      </header>
      <Filters
        search={search}
        filter={filter}
        onChange={change}
        searchRef={searchBox}
        columns={
          phone
            ? null
            : COLUMNS.filter(id => id !== 'name' && !(isPast && isUnknownThen(id))).map(id => ({
                id,
                label: t(`accounts.column.${id}`),
                shown: columnVisibility[id],
              }))
        }
        onColumn={column =>
          change({
            cols: joinList(COLUMNS.filter(id => columnVisibility[id] !== (id === column))),
          })
        }
        onLeaveSearch={() => moves.current?.to(0)}
      />
      <Notice book={book} narrowed={isNarrowed(search)} onClear={() => change(NOTHING)} />
      <BookView
        book={book}
        listKey={filterKey}
        phone={phone}
        columnVisibility={columnVisibility}
        sort={sortOf(search, isPast)}
        selection={selection}
        moves={moves}
        onSort={key => change({ sort: nextSort(search, key) })}
        onToggle={toggle}
        onPages={setPages}
      />
    </section>
  );
}
