// One account: how it stands and why, then its usage, people, contracts, tickets and events.
import { Button, Tabs } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, type Ref, useMemo, useRef, useState } from 'react';
import { hasStatus } from '@/api/errors';
import type { Account, AccountHealth } from '@/api/types';
import { Bill, Costs, movers, NoScore, pathTo, readRange, ScoreHistory, useHealth } from '@/features/health';
import { Judgements, useJudgementMoments } from '@/features/judgements';
import { Metrics } from '@/features/metrics';
import { AccountQuestions } from '@/features/questions';
import {
  Contracts,
  Events,
  inOrder,
  type Moment,
  People,
  Tickets,
  Touches,
  useMoments,
} from '@/features/records';
import { QueryFailure, useFormat } from '@/features/session';
import { isDay, nextDay } from '@/lib/days';
import { t } from '@/lib/i18n';
import { useKeys } from '@/lib/keys';
import { useTitle } from '@/lib/title';
import page from '@/ui/page.module.css';
import { LoadingLines } from '@/ui/states';
import { AccountFailure } from './AccountFailure';
import { AccountHead } from './AccountHead';
import classes from './AccountPage.module.css';
import { useWatched } from './changes';
import { Happened } from './Happened';
import { useAccount } from './queries';
import { SEEN, SINCE, SinceMenu } from './SinceMenu';
import { useLastSeen } from './seen';

const DAY_MS = 86_400_000;
const DEFAULT_SINCE = '28';
const TABS = ['usage', 'people', 'contracts', 'touches', 'tickets', 'events', 'questions'] as const;

export interface AccountView {
  tab?: string | undefined;
  /** A number of days, "seen", or a day; with a day, `to` may be another: the score at its end. */
  since?: string | undefined;
  to?: string | undefined;
  /** Of the history: see HistoryRange. */
  range?: string | undefined;
}

/** What the page's queries start from, kept still while the page is open. */
function useStarts(since: string, to: string | undefined, seen: number | undefined) {
  const { day, dayStart } = useFormat();
  const [opened] = useState(() => Math.floor(Date.now() / 60_000) * 60_000);
  const back = (days: number) => new Date(opened - days * DAY_MS).toISOString();
  const start = (day: string) => new Date(dayStart(day)).toISOString();
  const from = isDay(since)
    ? start(since)
    : since === SEEN && seen !== undefined
      ? new Date(seen).toISOString()
      : back(Number(since));
  const today = day(opened);
  const isPast = isDay(since) && isDay(to) && to >= since && to < today;
  return {
    since: from,
    to: isPast ? to : undefined,
    at: isPast ? start(nextDay(to)) : undefined,
    today,
    usage: back(180).slice(0, 10),
  };
}

/** What the address chose to compare with, as far as it can be had. */
function chosenOf(since: string | undefined, seen: number | undefined, today: string): string | undefined {
  if (since === SEEN) return seen === undefined ? undefined : SEEN;
  return isDay(since) && since <= today ? since : SINCE.find(days => days === since);
}

/** A past score stands where the current one is expected: that must not be overlooked. */
function PastNote({ day, onNow }: { day: string; onNow: () => void }) {
  const format = useFormat();
  return (
    <p className={classes.past} role="note">
      {t('bill.past', { date: format.date(day) })}{' '}
      <Button size="compact-xs" variant="default" onClick={onNow}>
        {t('bill.now')}
      </Button>
    </p>
  );
}

/** Which rows of the bill are open: the groups at first, and after "why" what moved the score. */
function useOpenRows(health: AccountHealth | null | undefined) {
  const [open, setOpen] = useState<ReadonlySet<string> | null>(null);
  const items = health?.items ?? [];
  const shown = open ?? new Set(items.filter(item => item.kind === 'group').map(item => item.path));
  const toggle = (path: string) => {
    const next = new Set(shown);
    if (!next.delete(path)) next.add(path);
    setOpen(next);
  };
  const openWhy = () => {
    const moved = movers(items, 2);
    setOpen(new Set([...shown, ...moved.flatMap(item => pathTo(items, item))]));
  };
  return { shown, toggle, openWhy };
}

interface PanelsProps {
  account: Account;
  tab: string;
  usageFrom: string;
  onTab: (tab: string | null) => void;
  tabsRef: Ref<HTMLDivElement>;
}

function Panels({ account, tab, usageFrom, onTab, tabsRef }: PanelsProps) {
  return (
    <Tabs ref={tabsRef} value={tab} onChange={onTab} keepMounted={false} className={classes.tabs}>
      <Tabs.List className={classes.tabList}>
        {TABS.map(name => (
          <Tabs.Tab key={name} value={name}>
            {t(`account.tab.${name}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="usage" pt={14}>
        <Metrics id={account.id} from={usageFrom} />
      </Tabs.Panel>
      <Tabs.Panel value="people" pt={14}>
        <People accountId={account.id} />
      </Tabs.Panel>
      <Tabs.Panel value="contracts" pt={14}>
        <Contracts accountId={account.id} />
      </Tabs.Panel>
      <Tabs.Panel value="touches" pt={14}>
        <Touches accountId={account.id} />
      </Tabs.Panel>
      <Tabs.Panel value="tickets" pt={14}>
        <Tickets accountId={account.id} />
      </Tabs.Panel>
      <Tabs.Panel value="events" pt={14}>
        <Events accountId={account.id} />
      </Tabs.Panel>
      <Tabs.Panel value="questions" pt={14}>
        <AccountQuestions accountId={account.id} />
      </Tabs.Panel>
    </Tabs>
  );
}

interface PageProps {
  id: string;
  view: AccountView;
  /** What other parts of the app know that happened to it; the same array until that changes. */
  more: Moment[];
  /** What other parts of the app say of the account, below its head. */
  children?: ReactNode;
}

export function AccountPage({ id, view, more, children }: PageProps) {
  const navigate = useNavigate();
  const seen = useLastSeen(id);
  const { day } = useFormat();
  const chosen = chosenOf(view.since, seen, day(Date.now()));
  // Whoever was here before wants to know what is new; the others, what moved lately.
  const usual = seen !== undefined && Date.now() - seen > DAY_MS ? SEEN : DEFAULT_SINCE;
  const since = chosen ?? usual;
  const tab = TABS.find(name => name === view.tab) ?? 'usage';
  const starts = useStarts(since, view.to, seen);
  const recorded = useMoments(id);
  const said = useJudgementMoments(id);
  const moments = useMemo(() => inOrder([...recorded, ...said, ...more]), [recorded, said, more]);
  const account = useAccount(id);
  useWatched([id]);
  useTitle(account.data?.value.name ?? t(account.error ? 'account.missing' : 'account.title'));
  const health = useHealth(id, starts.since);
  const billed = useHealth(id, starts.since, starts.at);
  // Its score is read again as it changes: that it became part of another is known from there.
  const error = account.error ?? (hasStatus(health.error, 410) ? health.error : null);
  const { shown, toggle, openWhy } = useOpenRows(billed.data);
  const bill = useRef<HTMLElement>(null);
  const tabs = useRef<HTMLDivElement>(null);

  const why = () => {
    openWhy();
    bill.current?.focus({ preventScroll: true });
    bill.current?.scrollIntoView({ block: 'nearest' });
  };
  useKeys({ e: why });
  const look = (part: AccountView) =>
    void navigate({
      to: '/accounts/$accountId',
      params: { accountId: id },
      search: old => ({ ...old, ...part }),
      replace: true,
      resetScroll: false,
    });
  const choose = (name: string | null) => look({ tab: name === 'usage' || name === null ? undefined : name });
  const show = (name: string) => {
    choose(name);
    tabs.current?.scrollIntoView({ block: 'start' });
    tabs.current
      ?.querySelector<HTMLElement>(`[role="tab"][aria-selected="true"]`)
      ?.focus({ preventScroll: true });
  };

  if (error) return <AccountFailure error={error} onRetry={() => void account.refetch()} />;
  if (!account.data) {
    return (
      <div className={page.page}>
        <LoadingLines lines={12} height={16} />
      </div>
    );
  }
  const { value } = account.data;
  return (
    <article className={page.page} aria-label={value.name}>
      <AccountHead account={value} health={health.data} onWhy={why} onTab={show} />
      {children}
      <div className={classes.two}>
        <div className={classes.side}>
          <section
            className={`${page.panel} ${classes.why}`}
            aria-labelledby="why-title"
            ref={bill}
            tabIndex={-1}
          >
            <header className={classes.panelHead}>
              <h2 id="why-title">{t('bill.title')}</h2>
              <SinceMenu
                since={since}
                to={starts.to}
                today={starts.today}
                seen={seen}
                from={day(Date.parse(starts.since))}
                onChange={(days, to) => look({ since: days === usual ? undefined : days, to })}
              />
            </header>
            {starts.to && (
              <PastNote day={starts.to} onNow={() => look({ since: undefined, to: undefined })} />
            )}
            {billed.isPending && <LoadingLines lines={10} />}
            {billed.error && <QueryFailure error={billed.error} onRetry={() => void billed.refetch()} />}
            {billed.data === null && <NoScore why={billed.noScore} />}
            {billed.data && billed.data.items.length > 0 && (
              <Bill health={billed.data} open={shown} onToggle={toggle} />
            )}
          </section>
          {health.data && health.data.items.length > 0 && (
            <div className={page.panel}>
              <Costs items={health.data.items} />
            </div>
          )}
        </div>
        <div className={classes.side}>
          <div className={page.panel}>
            <ScoreHistory
              id={id}
              range={readRange(view.range)}
              moments={moments}
              onRange={range => look({ range })}
              onWhy={(from, to) => {
                look({ since: from, to });
                why();
              }}
            />
          </div>
          <div className={page.panel}>
            <Happened moments={moments} since={starts.since} />
          </div>
          <div className={page.panel}>
            <Judgements accountId={id} health={health.data} />
          </div>
        </div>
      </div>
      <Panels account={value} tab={tab} usageFrom={starts.usage} onTab={choose} tabsRef={tabs} />
    </article>
  );
}
