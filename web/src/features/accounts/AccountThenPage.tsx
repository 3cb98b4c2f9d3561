// One account as it was known at a past moment: how it stood and why, and how its score had come there.
// What history does not keep is not shown in today's words, but said to be of now alone.
import { Button } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { ApiProblem, detailOf, hasStatus } from '@/api/errors';
import type { Account } from '@/api/types';
import {
  Bill,
  HealthShape,
  NoScore,
  ScoreHistory,
  Summary,
  shadeOf,
  Trend,
  useHealth,
} from '@/features/health';
import { QueryFailure, useFormat, When } from '@/features/session';
import { dayOf, momentOf } from '@/lib/asOf';
import { isDay } from '@/lib/days';
import { t } from '@/lib/i18n';
import { useTitle } from '@/lib/title';
import page from '@/ui/page.module.css';
import { Empty, LoadingLines } from '@/ui/states';
import type { AccountView } from './AccountPage';
import classes from './AccountPage.module.css';
import { useAccountThen } from './queries';
import { SINCE, SinceMenu } from './SinceMenu';

const DAY_MS = 86_400_000;
const DEFAULT_SINCE = '28';
const YEAR = 365;
const TRAITS = 3;
/** Traits that stand elsewhere on the page. */
const SAID = new Set(['name', 'domain']);

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Facts({ account }: { account: Account }) {
  const format = useFormat();
  const { score } = account;
  return (
    <dl className={classes.facts}>
      <Fact name={t('accounts.column.arr')}>
        <span className="num">{account.arr ? format.money(account.arr) : '–'}</span>
      </Fact>
      <Fact name={t('accounts.column.renewal_at')}>
        {account.renewal_at ? (
          <>
            <When at={account.renewal_at} />{' '}
            <span className="dim num">{format.date(account.renewal_at)}</span>
          </>
        ) : (
          '–'
        )}
      </Fact>
      <Fact name={t('accounts.column.owner')}>{account.owner?.name ?? '–'}</Fact>
      {account.open_tickets !== undefined && (
        <Fact name={t('accounts.column.open_tickets')}>
          <span className="num">{account.open_tickets}</span>
        </Fact>
      )}
      <Fact name={t('account.scorecard')}>{account.scorecard ?? '–'}</Fact>
      <Fact name={t('account.stage')}>{account.lifecycle_stage ?? '–'}</Fact>
      <Fact name={t('account.coverage')}>{account.coverage ?? '–'}</Fact>
      <Fact name={t('account.segments')}>{account.segments.join(', ') || '–'}</Fact>
      <Fact name={t('account.confidence')}>
        <span className="num">{score ? `${Math.round(score.confidence * 100)} %` : '–'}</span>
      </Fact>
      {account.traits
        .filter(trait => !SAID.has(trait.name))
        .slice(0, TRAITS)
        .map(trait => (
          <Fact key={trait.name} name={trait.name.replaceAll(/[-_]/g, ' ')}>
            {typeof trait.value === 'number' ? format.number(trait.value, 2) : String(trait.value ?? '–')}
          </Fact>
        ))}
    </dl>
  );
}

function Head({ account, sentence }: { account: Account; sentence: ReactNode }) {
  const format = useFormat();
  const shade = shadeOf(account.score);
  return (
    <header className={classes.head}>
      <nav aria-label={t('account.trail')} className={classes.trail}>
        <Link to="/accounts">{t('accounts.title')}</Link> <span aria-hidden="true">/</span>
        <h1>{account.name}</h1>
        <span className="dim">{[account.domain, account.external_id].filter(Boolean).join(' · ')}</span>
      </nav>
      <div className={classes.stand}>
        <div
          className={classes.score}
          data-shade={shade}
          role="group"
          aria-label={t('accounts.column.score')}
          title={t('health.scale')}
        >
          <HealthShape shade={shade} size={22} />
          <span className={classes.points}>{account.score ? format.points(account.score.points) : '–'}</span>
          <span className={classes.word}>{t(`health.band.${shade}`)}</span>
          {account.trend !== null && <Trend points={account.trend} />}
        </div>
        <div className={classes.lines}>
          <div className={classes.sentence}>{sentence}</div>
          {account.merged_into && (
            <p className={classes.next}>
              {t('asOf.merged')}{' '}
              <Link to="/accounts/$accountId" params={{ accountId: account.merged_into }}>
                {t('asOf.mergedInto')}
              </Link>
            </p>
          )}
        </div>
      </div>
      <Facts account={account} />
    </header>
  );
}

/** The explanation of the beginning of a day: that of the one after the day that is shown. */
function useWhy(id: string, since: string, at: number) {
  const { dayStart } = useFormat();
  const from = isDay(since) ? dayStart(since) : at - Number(since) * DAY_MS;
  const moment = (time: number) => new Date(time).toISOString();
  return { health: useHealth(id, moment(from), moment(at)), from };
}

interface WhyProps {
  id: string;
  asOf: string;
  at: number;
  view: AccountView;
  look: (part: AccountView & { as_of?: string }) => void;
}

function Why({ id, asOf, at, view, look }: WhyProps) {
  const format = useFormat();
  const day = dayOf(asOf, format.day);
  const chosen = isDay(view.since) && view.since <= day ? view.since : SINCE.find(one => one === view.since);
  const since = chosen ?? DEFAULT_SINCE;
  const { health, from } = useWhy(id, since, at);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (path: string) => {
    const next = new Set(open);
    if (!next.delete(path)) next.add(path);
    setOpen(next);
  };
  return (
    <section className={`${page.panel} ${classes.why}`} aria-labelledby="why-title">
      <header className={classes.panelHead}>
        <h2 id="why-title">{t('asOf.why')}</h2>
        <SinceMenu
          since={since}
          to={day}
          today={day}
          seen={undefined}
          from={format.day(from)}
          onChange={(next, to) => look({ since: next, ...(to && to < day ? { as_of: to } : {}) })}
        />
      </header>
      <p className={page.note}>{t('asOf.whyNote', { when: format.date(day) })}</p>
      {health.isPending && <LoadingLines lines={10} />}
      {health.error && <QueryFailure error={health.error} onRetry={() => void health.refetch()} />}
      {health.data === null && <NoScore why={health.noScore} />}
      {health.data && health.data.items.length > 0 && (
        <Bill health={health.data} open={open} onToggle={toggle} />
      )}
    </section>
  );
}

function Sentence({ id, account, at }: { id: string; account: Account; at: number }) {
  const { health } = useWhy(id, DEFAULT_SINCE, at);
  return health.data ? <Summary name={account.name} health={health.data} /> : null;
}

function NotThere({ error }: { error: ApiProblem }) {
  const navigate = useNavigate();
  return (
    <Empty title={t('asOf.notThere')}>
      <p>{detailOf(error)}</p>
      <Button
        size="xs"
        mt={12}
        onClick={() => void navigate({ to: '.', search: old => ({ ...old, as_of: undefined }) })}
      >
        {t('asOf.seeAccountNow')}
      </Button>
    </Empty>
  );
}

interface PageProps {
  id: string;
  asOf: string;
  view: AccountView;
}

export function AccountThenPage({ id, asOf, view }: PageProps) {
  const navigate = useNavigate();
  const format = useFormat();
  const account = useAccountThen(id, asOf);
  useTitle(account.data?.name ?? t('account.title'));
  const at = momentOf(asOf, format.dayStart);
  const day = dayOf(asOf, format.day);
  const look = (part: AccountView & { as_of?: string }) =>
    void navigate({
      to: '/accounts/$accountId',
      params: { accountId: id },
      search: old => ({ ...old, ...part }),
      replace: true,
      resetScroll: false,
    });
  if (hasStatus(account.error, 404) && account.error instanceof ApiProblem) {
    return <NotThere error={account.error} />;
  }
  if (account.error || !account.data) {
    return (
      <div className={page.page}>
        {account.error ? (
          <QueryFailure error={account.error} onRetry={() => void account.refetch()} />
        ) : (
          <LoadingLines lines={12} height={16} />
        )}
      </div>
    );
  }
  const { data } = account;
  return (
    <article className={page.page} aria-label={data.name}>
      <Head account={data} sentence={<Sentence id={id} account={data} at={at} />} />
      {data.score?.backfilled && <p className={page.note}>{t('asOf.backfilledOne')}</p>}
      <div className={classes.two}>
        <div className={classes.side}>
          {!data.merged_into && <Why id={id} asOf={asOf} at={at} view={view} look={look} />}
        </div>
        <div className={classes.side}>
          <div className={page.panel}>
            <ScoreHistory
              id={id}
              range={{ choice: 'dates', from: format.day(at - YEAR * DAY_MS), to: day }}
              // With what was stored at the midnight that ends the day.
              until={new Date(at + 1).toISOString()}
              moments={[]}
              onWhy={(from, to) => look({ since: from, as_of: to })}
            />
          </div>
        </div>
      </div>
      <p className={page.note}>
        {t('asOf.nowTabs')}{' '}
        <Link to="/accounts/$accountId" params={{ accountId: id }} search={{ as_of: undefined }}>
          {t('asOf.seeAccountNow')}
        </Link>
      </p>
    </article>
  );
}
