// The inbox of signals: what asks for a person, the most urgent first, worked by keyboard or in bulk.
import { Button } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { Signal } from '@/api/types';
import { QueryFailure, useCan, useFormat, useSession } from '@/features/session';
import { t } from '@/lib/i18n';
import { useKeys } from '@/lib/keys';
import { useTitle } from '@/lib/title';
import page from '@/ui/page.module.css';
import { Empty, LoadingLines } from '@/ui/states';
import { PickAll } from './PickAll';
import { useInbox, useLiveSignals } from './queries';
import { ResolveDialog } from './ResolveDialog';
import { isResolvable, isUnseen, SignalActions, untilIn, useDo, useUndo } from './SignalActions';
import { SignalDetail } from './SignalDetail';
import { SignalFilters } from './SignalFilters';
import { SignalList } from './SignalList';
import classes from './SignalsPage.module.css';
import { ALL, filterOf, MINE, type SignalSearch } from './search';
import { forgetAll } from './undo';

const rowOf = (id: string) => document.querySelector<HTMLElement>(`[data-signal="${CSS.escape(id)}"]`);

/** When the row that has the focus leaves the list, the one that takes its place gets it, and is not opened by that. */
function useFocusStays(signals: readonly Signal[]) {
  const focused = useRef<{ id: string; at: number } | null>(null);
  useEffect(() => {
    const note = ({ target }: FocusEvent) => {
      const id = target instanceof HTMLElement ? target.dataset.signal : undefined;
      focused.current = id ? { id, at: -1 } : null;
    };
    document.addEventListener('focusin', note);
    return () => document.removeEventListener('focusin', note);
  }, []);
  useEffect(() => {
    const row = focused.current;
    if (!row) return;
    const at = signals.findIndex(one => one.id === row.id);
    const next = signals[Math.min(row.at, signals.length - 1)];
    if (at >= 0) row.at = at;
    else if (next && document.activeElement === document.body) rowOf(next.id)?.focus();
  });
}

interface Work {
  chosen: readonly Signal[];
  toggle: (id: string) => void;
  clear: () => void;
  resolve: (signals: readonly Signal[]) => void;
}

/** Moves through the list, acts on what is open; the keys are those of a mail program. */
function useInboxKeys(
  signals: readonly Signal[],
  current: Signal | undefined,
  { chosen, toggle, clear, resolve }: Work,
) {
  const navigate = useNavigate();
  const mayWrite = useCan('write');
  const act = useDo(clear);
  const undo = useUndo();
  useEffect(forgetAll, []);
  const at = current ? signals.indexOf(current) : -1;
  const wantsFocus = useRef(false);
  // Where the list goes on when the current one has left it.
  const lastAt = useRef(0);
  useEffect(() => {
    if (at >= 0) lastAt.current = at;
  }, [at]);
  const go = (to: number) => {
    const next = signals[Math.max(0, Math.min(signals.length - 1, to))];
    if (!next) return;
    wantsFocus.current = true;
    void navigate({ to: '/signals', search: old => ({ ...old, signal: next.id }), replace: true });
  };
  useEffect(() => {
    if (!wantsFocus.current || !current) return;
    wantsFocus.current = false;
    rowOf(current.id)?.focus();
  });
  const withCurrent = (deed: (signal: Signal) => void) => () => current && deed(current);
  /** Those that are selected, else the one that is open. */
  const meant = chosen.length > 0 ? chosen : current ? [current] : [];
  useKeys({
    j: () => go(current ? at + 1 : lastAt.current),
    k: () => go(current ? at - 1 : lastAt.current - 1),
    o: withCurrent(
      signal => void navigate({ to: '/accounts/$accountId', params: { accountId: signal.account_id } }),
    ),
    Escape: clear,
    ...(mayWrite && {
      x: withCurrent(signal => toggle(signal.id)),
      // What was seen before stays so when this is undone.
      e: () => act(meant.filter(isUnseen), { action: 'acknowledge' }),
      u: () => undo(),
      z: () => act(meant, { action: 'snooze', until: untilIn(1) }),
      r: event => {
        // The letter must not end up in the dialog that it opens.
        event.preventDefault();
        resolve(meant);
      },
    }),
  });
}

function Nothing({ state, narrowed }: { state: string; narrowed: boolean }) {
  if (narrowed) return <Empty title={t('signals.noneMatch')}>{t('signals.noneMatchHelp')}</Empty>;
  if (state !== 'open') return <Empty title={t('signals.noneHere')} />;
  return (
    <Empty title={t('signals.none')}>
      <p>{t('signals.noneHelp')}</p>
      <Button component={Link} to="/program" size="xs" variant="default" mt={12}>
        {t('signals.noneGo')}
      </Button>
    </Empty>
  );
}

export function SignalsPage({ search }: { search: SignalSearch }) {
  useTitle(t('signals.title'));
  useLiveSignals();
  const navigate = useNavigate();
  const format = useFormat();
  const carries = useSession().user.role === 'csm';
  const mayWrite = useCan('write');
  const filter = filterOf(search, carries, format.dayStart);
  const inbox = useInbox(filter);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const pages = inbox.data?.pages ?? [];
  const signals = pages.flatMap(one => one.data);
  const shown = search.signal ?? signals[0]?.id;
  const current = signals.find(one => one.id === shown);
  const counts = new Map((pages[0]?.by_state ?? []).map(({ name, count }) => [name, count]));
  const chosen = signals.filter(one => picked.has(one.id));

  const change = (part: SignalSearch) => {
    setPicked(new Set());
    void navigate({ to: '/signals', search: old => ({ ...old, signal: undefined, ...part }) });
  };
  const toggle = (id: string) =>
    setPicked(old => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  const clear = () => setPicked(old => (old.size === 0 ? old : new Set()));
  const [resolving, setResolving] = useState<readonly Signal[]>([]);
  const act = useDo(clear);
  useFocusStays(signals);
  useInboxKeys(signals, current, {
    chosen,
    toggle,
    clear,
    resolve: meant => setResolving(meant.filter(isResolvable)),
  });

  return (
    <section className={page.page} aria-label={t('signals.title')}>
      <header className={page.header}>
        <h1>{t('signals.title')}</h1>
        <span className="dim num" role="status">
          {pages[0] && t('signals.count', { count: pages[0].total, shown: format.number(pages[0].total) })}
        </span>
        {mayWrite && signals.length > 1 && (
          <PickAll
            signals={signals}
            chosen={chosen}
            more={inbox.hasNextPage}
            onPick={ids => setPicked(new Set(ids))}
          />
        )}
        {chosen.length > 0 && (
          <div
            className={classes.bulk}
            role="toolbar"
            aria-label={t('signals.picked', { count: chosen.length })}
          >
            <strong role="status">{t('signals.picked', { count: chosen.length })}</strong>
            <SignalActions signals={chosen} onDone={() => setPicked(new Set())} />
            <Button size="compact-sm" variant="subtle" onClick={() => setPicked(new Set())}>
              {t('accounts.clearSelection')}
            </Button>
          </div>
        )}
      </header>
      <SignalFilters
        search={search}
        state={filter.state}
        who={search.who ?? (carries ? MINE : ALL)}
        counts={counts}
        onChange={change}
      />
      <ResolveDialog
        opened={resolving.length > 0}
        count={resolving.length}
        onClose={() => setResolving([])}
        onResolve={(outcome, reason) => {
          setResolving([]);
          act(resolving, { action: 'resolve', outcome, ...(reason ? { reason } : {}) });
        }}
      />
      {inbox.isPending && <LoadingLines lines={8} />}
      {inbox.error && <QueryFailure error={inbox.error} onRetry={() => void inbox.refetch()} />}
      {inbox.data && signals.length === 0 && (
        <Nothing state={filter.state} narrowed={Boolean(search.severity || search.rule || search.since)} />
      )}
      {signals.length > 0 && (
        <div className={classes.two} data-opened={search.signal !== undefined}>
          <div className={classes.side}>
            <SignalList
              signals={signals}
              current={shown}
              picked={picked}
              onPick={mayWrite ? toggle : undefined}
            />
            {inbox.hasNextPage && (
              <Button
                size="xs"
                variant="default"
                aria-busy={inbox.isFetchingNextPage}
                onClick={() => void inbox.fetchNextPage({ cancelRefetch: false })}
              >
                {t('signals.more')}
              </Button>
            )}
          </div>
          {shown && (
            <div className={classes.main}>
              <Button
                className={classes.back}
                size="compact-sm"
                variant="subtle"
                onClick={() => change({ ...search, signal: undefined })}
              >
                {t('signals.back')}
              </Button>
              <SignalDetail id={shown} />
            </div>
          )}
        </div>
      )}
    </section>
  );
}
