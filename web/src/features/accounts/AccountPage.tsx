// One account: how it stands and why, then its usage, people, contracts, tickets and events.
import { Button, Menu, Tabs } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { type Ref, useRef, useState } from 'react';
import type { Account, AccountHealth } from '@/api/types';
import { Bill, Costs, movers, pathTo, ScoreHistory, useHealth } from '@/features/health';
import { Metrics } from '@/features/metrics';
import { Contracts, Events, People, Tickets, useMoments } from '@/features/records';
import { QueryFailure } from '@/features/session';
import { t } from '@/lib/i18n';
import { useKeys } from '@/lib/keys';
import { useTitle } from '@/lib/title';
import { Icon } from '@/ui/Icon';
import { Empty, LoadingLines } from '@/ui/states';
import { AccountHead } from './AccountHead';
import classes from './AccountPage.module.css';
import { useWatched } from './changes';
import { Happened } from './Happened';
import { useAccount } from './queries';
import { useLastSeen } from './seen';

const DAY_MS = 86_400_000;
const SINCE = ['1', '7', '28', '90'] as const;
const DEFAULT_SINCE = '28';
const SEEN = 'seen';
const TABS = ['usage', 'people', 'contracts', 'tickets', 'events'] as const;

export interface AccountView {
  tab?: string | undefined;
  since?: string | undefined;
}

/** What the page's queries start from, kept still while the page is open. */
function useStarts(since: string, seen: number | undefined) {
  const [opened] = useState(() => Math.floor(Date.now() / 60_000) * 60_000);
  const back = (days: number) => new Date(opened - days * DAY_MS).toISOString();
  const from = since === SEEN && seen !== undefined ? new Date(seen).toISOString() : back(Number(since));
  return { since: from, year: back(365), usage: back(180).slice(0, 10) };
}

interface SinceProps {
  since: string;
  seen: number | undefined;
  onChange: (since: string) => void;
}

function SinceMenu({ since, seen, onChange }: SinceProps) {
  const words = (choice: string) =>
    choice === SEEN ? t('bill.sinceSeen') : t('bill.sinceDays', { count: Number(choice) });
  const choices = seen === undefined ? SINCE : [SEEN, ...SINCE];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="compact-xs" variant="subtle" rightSection={<Icon name="down" size={12} />}>
          {words(since)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map(choice => (
          <Menu.RadioItem
            key={choice}
            value={choice}
            checked={choice === since}
            onClick={() => onChange(choice)}
          >
            {words(choice)}
          </Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
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
      <Tabs.Panel value="tickets" pt={14}>
        <Tickets accountId={account.id} />
      </Tabs.Panel>
      <Tabs.Panel value="events" pt={14}>
        <Events accountId={account.id} />
      </Tabs.Panel>
    </Tabs>
  );
}

export function AccountPage({ id, view }: { id: string; view: AccountView }) {
  const navigate = useNavigate();
  const seen = useLastSeen(id);
  const chosen = view.since === SEEN && seen !== undefined ? SEEN : SINCE.find(days => days === view.since);
  // Whoever was here before wants to know what is new; the others, what moved lately.
  const usual = seen !== undefined && Date.now() - seen > DAY_MS ? SEEN : DEFAULT_SINCE;
  const since = chosen ?? usual;
  const tab = TABS.find(name => name === view.tab) ?? 'usage';
  const starts = useStarts(since, seen);
  const moments = useMoments(id);
  const account = useAccount(id);
  useWatched([id]);
  useTitle(account.data?.value.name);
  const health = useHealth(id, starts.since);
  const { shown, toggle, openWhy } = useOpenRows(health.data);
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

  if (account.error) {
    return (
      <div className={classes.page}>
        <QueryFailure error={account.error} onRetry={() => void account.refetch()} />
        <Link to="/accounts">{t('notFound.back')}</Link>
      </div>
    );
  }
  if (!account.data) {
    return (
      <div className={classes.page}>
        <LoadingLines lines={12} height={16} />
      </div>
    );
  }
  const { value } = account.data;
  return (
    <article className={classes.page} aria-label={value.name}>
      <AccountHead account={value} health={health.data} onWhy={why} onTab={show} />
      <div className={classes.two}>
        <section className={classes.panel} aria-labelledby="why-title" ref={bill} tabIndex={-1}>
          <header className={classes.panelHead}>
            <h2 id="why-title">{t('bill.title')}</h2>
            <SinceMenu
              since={since}
              seen={seen}
              onChange={days => look({ since: days === usual ? undefined : days })}
            />
          </header>
          {health.isPending && <LoadingLines lines={10} />}
          {health.error && <QueryFailure error={health.error} onRetry={() => void health.refetch()} />}
          {health.data === null && <Empty title={t('bill.none')}>{t('bill.noneHelp')}</Empty>}
          {health.data && health.data.items.length > 0 && (
            <Bill health={health.data} open={shown} onToggle={toggle} />
          )}
        </section>
        <div className={classes.side}>
          <div className={classes.panel}>
            <ScoreHistory id={id} from={starts.year} moments={moments} />
          </div>
          <div className={classes.panel}>
            <Happened moments={moments} since={starts.since} />
          </div>
          {health.data && health.data.items.length > 0 && (
            <div className={classes.panel}>
              <Costs items={health.data.items} />
            </div>
          )}
        </div>
      </div>
      <Panels account={value} tab={tab} usageFrom={starts.usage} onTab={choose} tabsRef={tabs} />
    </article>
  );
}
