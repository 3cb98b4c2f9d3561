// The first screen of an account: its name, how it stands and why, and the facts one needs on a call.
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Fragment, type ReactNode } from 'react';
import type { Account, AccountHealth } from '@/api/types';
import { DepartureFact } from '@/features/departures';
import { Grade, HealthShape, Summary, shadeOf, Trend } from '@/features/health';
import { useFormat, When } from '@/features/session';
import { t } from '@/lib/i18n';
import classes from './AccountPage.module.css';
import { useMark } from './changes';
import { NextStep } from './NextStep';
import { OwnerMenu } from './OwnerMenu';
import { useAccount, useSetHistory, useTold } from './queries';
import { lastMoves, stageSince } from './sets';

type Override = NonNullable<AccountHealth['override']>;

const TRAITS = 3;
const MOVES = 2;
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

/** Nothing, where the parent is none of those that the user sees. */
function Parent({ id }: { id: string }) {
  const parent = useAccount(id);
  if (!parent.data) return null;
  return (
    <Fact name={t('account.parent')}>
      <Link to="/accounts/$accountId" params={{ accountId: id }}>
        {parent.data.value.name}
      </Link>
    </Fact>
  );
}

/** Where it is in its life, how it is looked after, and what else it is counted in. */
function Sets({ account }: { account: Account }) {
  const format = useFormat();
  const history = useSetHistory(account.id).data ?? [];
  const since = account.lifecycle_stage ? stageSince(history, account.lifecycle_stage) : undefined;
  const moves = lastMoves(history, MOVES);
  const marks = [
    ...(account.flags.includes('stalled') ? [t('account.stalled')] : []),
    ...(account.flags.includes('renewal-window') ? [t('account.renewalWindow')] : []),
  ];
  return (
    <>
      <Fact name={t('account.stage')}>
        {account.lifecycle_stage ?? '–'}
        {since && <span className="dim">{t('account.stageSince', { date: format.date(since) })}</span>}
        {marks.map(mark => `, ${mark}`)}
      </Fact>
      <Fact name={t('account.coverage')}>
        {account.coverage ? <Link to="/coverage">{account.coverage}</Link> : '–'}
      </Fact>
      <Fact name={t('account.segments')}>
        {account.segments.length === 0
          ? '–'
          : account.segments.map((name, i) => (
              <Fragment key={name}>
                {i > 0 && ', '}
                <Link to="/segments/$name" params={{ name }}>
                  {name}
                </Link>
              </Fragment>
            ))}
      </Fact>
      <Fact name={t('account.moves')}>
        {moves.length === 0
          ? '–'
          : moves.map(({ name, entered, at }, i) => (
              <Fragment key={`${name} ${at}`}>
                {i > 0 && ', '}
                {t(entered ? 'account.into' : 'account.outOf', { name })}{' '}
                <span className="dim">
                  <When at={at} />
                </span>
              </Fragment>
            ))}
      </Fact>
    </>
  );
}

function Facts({ account, health }: { account: Account; health: AccountHealth | null | undefined }) {
  const format = useFormat();
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
      <Fact name={t('accounts.column.owner')}>
        <OwnerMenu id={account.id} owner={account.owner} />
      </Fact>
      {account.parent_id !== null && <Parent id={account.parent_id} />}
      <Fact name={t('accounts.column.last_activity_at')}>
        {account.last_activity_at ? <When at={account.last_activity_at} /> : '–'}
      </Fact>
      <Fact name={t('accounts.column.open_tickets')}>
        <span className="num">{account.open_tickets}</span>
      </Fact>
      <Fact name={t('departure.title')}>
        <DepartureFact id={account.id} name={account.name} />
      </Fact>
      <Fact name={t('account.scorecard')}>
        {account.scorecard ? (
          <Link to="/scorecards" search={{ card: account.scorecard }} title={t('account.scorecardWhy')}>
            {account.scorecard}
          </Link>
        ) : (
          '–'
        )}
      </Fact>
      {account.gaps.length > 0 && (
        <Fact name={t('account.gaps', { coverage: account.coverage ?? '–' })}>
          {account.gaps.map(gap => gap.slice(gap.indexOf('/') + 1)).join(', ')}
        </Fact>
      )}
      <Sets account={account} />
      <Fact name={t('account.confidence')}>
        <span className="num">{health ? `${Math.round(health.confidence * 100)} %` : '–'}</span>
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

/** The same change as the sentence and the bill beside it tell, which may begin another day than the book's. */
function Moved({ account, health }: { account: Account; health: AccountHealth | null | undefined }) {
  const format = useFormat();
  if (health?.previous) {
    const { at, effective_points: was } = health.previous;
    const title = t('health.movedWhy', { date: format.date(at) });
    return <Trend points={health.effective_points - was} title={title} drift={account.drift} />;
  }
  return account.trend === null ? null : <Trend points={account.trend} drift={account.drift} />;
}

/** The score that somebody set, beside the computed one. */
function ByHand({ override, first = false }: { override: Override; first?: boolean }) {
  const format = useFormat();
  const { points, by, reason, until } = override;
  return (
    <span
      className={first ? classes.points : classes.hand}
      title={t('judgement.handWhy', { by, reason, until: format.date(until) })}
    >
      {first ? format.points(points) : t('judgement.hand', { points: format.points(points) })}
    </span>
  );
}

/** What scorecards that only watch make of the account. */
function Beside({ health }: { health: AccountHealth }) {
  const format = useFormat();
  return health.shadows.map(shadow => (
    <span
      key={shadow.scorecard}
      className={classes.hand}
      title={t('health.shadowWhy', { because: shadow.because ?? '–' })}
    >
      {shadow.points === null
        ? t('health.shadowUnknown', { name: shadow.scorecard })
        : t('health.shadow', {
            name: shadow.scorecard,
            points: format.points(shadow.points),
            difference: format.signedPoints(shadow.difference ?? 0),
          })}
    </span>
  ));
}

interface Props {
  account: Account;
  health: AccountHealth | null | undefined;
  onWhy: () => void;
  onTab: (tab: string) => void;
}

export function AccountHead({ account: streamed, health, onWhy, onTab }: Props) {
  const account = useTold(streamed);
  const format = useFormat();
  const mark = useMark(account.id);
  const shade = shadeOf(account.score);
  const byHand = health?.override && { override: health.override, first: health.effective === 'override' };
  const grade = account.score?.grade && <Grade score={account.score} named />;
  const ids = [account.domain, account.external_id].filter(Boolean).join(' · ');
  return (
    <header className={classes.head}>
      <nav aria-label={t('account.trail')} className={classes.trail}>
        <Link to="/accounts">{t('accounts.title')}</Link> <span aria-hidden="true">/</span>
        <h1>{account.name}</h1>
        <span className="dim">{ids}</span>
      </nav>
      <div className={classes.stand}>
        <div
          className={classes.score}
          data-shade={shade}
          key={mark}
          data-marked={mark !== undefined}
          role="group"
          aria-label={t('accounts.column.score')}
          title={t('health.scale')}
        >
          <HealthShape shade={shade} size={22} />
          {byHand?.first && <ByHand override={byHand.override} first />}
          {byHand?.first && grade}
          <span className={byHand?.first ? classes.second : classes.points}>
            {account.score?.computed != null ? format.points(account.score.computed) : '–'}
          </span>
          <span className={classes.word}>{t(`health.band.${shade}`)}</span>
          {!byHand?.first && grade}
          {byHand?.first && <span className="dim">{t('judgement.computed')}</span>}
          <Moved account={account} health={health} />
          {byHand && !byHand.first && <ByHand override={byHand.override} />}
          {health && <Beside health={health} />}
        </div>
        <div className={classes.lines}>
          <div className={classes.sentence} aria-live="polite">
            {health && <Summary name={account.name} health={health} />}
            <Button size="compact-sm" variant="light" onClick={onWhy}>
              {t('account.why')}
            </Button>
          </div>
          <NextStep account={account} health={health} onTab={onTab} />
        </div>
      </div>
      <Facts account={account} health={health} />
    </header>
  );
}
