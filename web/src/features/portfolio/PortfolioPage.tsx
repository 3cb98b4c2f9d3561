// The page that a leader opens first: how the book stands, how it moved, who moved most and why.  Every
// number leads to the accounts behind it.
import { Button, Menu, TextInput } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { momentsOf, NoAccounts, useLastSeen } from '@/features/accounts';
import { Backfilled, QueryFailure, useCan, useFormat, useSession, useUsers } from '@/features/session';
import { PortfolioSignals } from '@/features/signals';
import { dayOf, momentOf, useAsOf } from '@/lib/asOf';
import { t } from '@/lib/i18n';
import { useTitle } from '@/lib/title';
import { Icon } from '@/ui/Icon';
import page from '@/ui/page.module.css';
import { Empty, LoadingLines } from '@/ui/states';
import { Bands } from './Bands';
import { Figures } from './Figures';
import { Matrix } from './Matrix';
import { Movers } from './Movers';
import classes from './PortfolioPage.module.css';
import { useLivePortfolio, useMigration, usePortfolio } from './queries';
import { Renewals } from './Renewals';
import { DATES, type PortfolioSearch, type Range, rangeOf, SEEN, SINCE } from './search';

const ALL = 'all';

type Change = (part: PortfolioSearch) => void;

function OwnerMenu({ owner, onChange }: { owner: string | undefined; onChange: Change }) {
  const users = useUsers().data ?? [];
  const name = users.find(user => user.id === owner)?.name ?? t('portfolio.everybody');
  return (
    <Menu>
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          aria-label={`${t('portfolio.whose')}: ${name}`}
          rightSection={<Icon name="down" size={12} />}
        >
          {name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioItem value={ALL} checked={!owner} onClick={() => onChange({ owner: ALL })}>
          {t('portfolio.everybody')}
        </Menu.RadioItem>
        {users.map(user => (
          <Menu.RadioItem
            key={user.id}
            value={user.id}
            checked={user.id === owner}
            onClick={() => onChange({ owner: user.id })}
          >
            {user.name}
          </Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface SinceProps {
  range: Range;
  seen: number | undefined;
  today: string;
  onChange: Change;
}

function SinceMenu({ range, seen, today, onChange }: SinceProps) {
  const format = useFormat();
  const date = seen === undefined ? '' : format.date(new Date(seen).toISOString());
  const words = (choice: string) => t(`portfolio.sinceChoice.${choice as 'seen'}`, { date });
  const choices = seen === undefined ? [...SINCE, DATES] : [SEEN, ...SINCE, DATES];
  return (
    <div className={classes.since}>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="xs" variant="default" rightSection={<Icon name="down" size={12} />}>
            {t('portfolio.since')} {words(range.choice)}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {choices.map(choice => (
            <Menu.RadioItem
              key={choice}
              value={choice}
              checked={choice === range.choice}
              onClick={() =>
                onChange(
                  choice === DATES
                    ? { since: choice, from: range.from, to: range.to }
                    : { since: choice, from: undefined, to: undefined },
                )
              }
            >
              {words(choice)}
            </Menu.RadioItem>
          ))}
        </Menu.Dropdown>
      </Menu>
      {range.choice === DATES && (
        <>
          <TextInput
            size="xs"
            type="date"
            aria-label={t('portfolio.sinceFrom')}
            max={today}
            value={range.from}
            onChange={event => onChange({ from: event.currentTarget.value })}
          />
          <TextInput
            size="xs"
            type="date"
            aria-label={t('portfolio.sinceTo')}
            min={range.from}
            max={today}
            value={range.to ?? today}
            onChange={event => onChange({ to: event.currentTarget.value })}
          />
        </>
      )}
    </div>
  );
}

/** Whose accounts the page is of: a CSM begins with their own. */
function useOwner(search: PortfolioSearch): string | undefined {
  const { user } = useSession();
  if (search.owner) return search.owner === ALL ? undefined : search.owner;
  return user.role === 'csm' ? user.id : undefined;
}

export function PortfolioPage({ search }: { search: PortfolioSearch }) {
  useTitle(t('portfolio.title'));
  useLivePortfolio();
  const navigate = useNavigate();
  const format = useFormat();
  const tries = useCan('try');
  const lastSeen = useLastSeen('portfolio');
  const [opened] = useState(Date.now);
  const asOf = useAsOf();
  const then = asOf === undefined ? undefined : momentOf(asOf, format.dayStart);
  // Of a past day the page is what it was at its end; what one has seen since does not count.
  const seen = then === undefined ? lastSeen : undefined;
  const today = asOf === undefined ? format.day(opened) : dayOf(asOf, format.day);
  const owner = useOwner(search);
  const asked = rangeOf(search, seen, then === undefined ? opened : then - 1, format.day);
  const range = then === undefined ? asked : { ...asked, to: asked.to ?? today };
  const moments = momentsOf(range, format.dayStart) ?? { moved_from: '' };
  const figures = usePortfolio(owner, asOf);
  const migration = useMigration(owner, moments);
  const change: Change = part =>
    void navigate({
      to: '/portfolio',
      search: old => ({ ...old, ...part }),
      replace: true,
      resetScroll: false,
    });

  const whose = owner ? { owner } : {};
  const links = {
    whose,
    // Who changed colour are today's accounts also on a past day: so is the list that it leads to.
    moves: { ...whose, from: range.from, ...(range.to ? { to: range.to } : {}), as_of: undefined },
  };
  return (
    <section className={`${page.page} ${classes.page}`} aria-label={t('portfolio.title')}>
      <header className={classes.header}>
        <h1>{t('portfolio.title')}</h1>
        <OwnerMenu owner={owner} onChange={change} />
        <span className={classes.spacer} />
        {tries && then === undefined && <Link to="/backtest">{t('portfolio.backtest')}</Link>}
        <SinceMenu range={range} seen={seen} today={today} onChange={change} />
      </header>
      {figures.error && <QueryFailure error={figures.error} onRetry={() => void figures.refetch()} />}
      {figures.isPending && <LoadingLines lines={14} />}
      {figures.data?.all.accounts === 0 &&
        (then === undefined ? (
          <NoAccounts>{t('portfolio.noneHelp')}</NoAccounts>
        ) : (
          <Empty title={t('asOf.none')}>{t('asOf.noneHelp')}</Empty>
        ))}
      {figures.data && <Backfilled asOf={figures.data.as_of} />}
      {figures.data && figures.data.all.accounts > 0 && (
        <>
          <Figures portfolio={figures.data} whose={links.whose} />
          {then === undefined && (
            <PortfolioSignals owner={owner} since={{ day: range.from, at: moments.moved_from }} />
          )}
          <div className={classes.two}>
            <Bands portfolio={figures.data} migration={migration.data} range={range} whose={links.whose} />
            <Renewals portfolio={figures.data} whose={links.whose} />
          </div>
          {migration.error && (
            <QueryFailure error={migration.error} onRetry={() => void migration.refetch()} />
          )}
          {then !== undefined && <p className={page.note}>{t('asOf.movedNote')}</p>}
          {migration.data ? (
            <div className={classes.two}>
              <Matrix migration={migration.data} range={range} moves={links.moves} />
              <Movers
                key={`${owner} ${range.from} ${range.to} ${asOf}`}
                migration={migration.data}
                range={range}
              />
            </div>
          ) : (
            <LoadingLines lines={8} />
          )}
        </>
      )}
    </section>
  );
}
