// "Would it have told us?": what a version of the program would have said of the accounts that left,
// from the history that is kept.  The page that a sceptic is shown: intervals beside every figure.
import './texts';
import { Button, Progress } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { hasStatus } from '@/api/errors';
import type { Backtest, BacktestAsk } from '@/api/types';
import { useDepartures } from '@/features/departures';
import { QueryFailure, useCan, useFormat, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { useTitle } from '@/lib/title';
import { Page } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { Empty, Failure, LoadingLines } from '@/ui/states';
import { AskBar } from './AskBar';
import classes from './Backtest.module.css';
import { Marks } from './Marks';
import { isUnderWay, useAsk, useRun, useRuns, useStop } from './queries';
import { Report } from './Report';
import type { BacktestSearch } from './search';

function UnderWay({ run }: { run: Backtest }) {
  const stop = useStop();
  const percent = run.total > 0 ? Math.floor((run.done / run.total) * 100) : 0;
  return (
    <section className={page.panel} aria-label={t('backtest.running')}>
      <p className={classes.says} role="status">
        {run.state === 'queued' ? t('backtest.waiting') : t('backtest.running')}
      </p>
      <Progress value={percent} aria-label={t('backtest.running')} my={8} />
      <p className={page.note}>{t('backtest.runningOf', { percent: `${percent} %` })}</p>
      <Button
        size="compact-sm"
        variant="default"
        mt={8}
        loading={stop.isPending}
        onClick={() => stop.mutate(run.id)}
      >
        {t('backtest.ask.stop')}
      </Button>
    </section>
  );
}

function Ran({ run }: { run: Backtest }) {
  const { version, against } = run;
  const texts = { version: version ?? '', against: against ?? '', when: '' };
  const key = version === null ? 'backtest.ranDraft' : against === null ? 'backtest.ran' : 'backtest.ranBoth';
  const [before, after] = t(key, { ...texts, when: '\u0000' }).split('\u0000');
  return (
    <p className={page.note}>
      {before}
      <When at={run.ended_at ?? run.asked_at} />
      {after}. {t(`backtest.ask.${run.basis}`)}. {t('backtest.from')}
    </p>
  );
}

function Shown({ run, onAsk }: { run: Backtest; onAsk: (ask: BacktestAsk) => void }) {
  if (isUnderWay(run)) return <UnderWay run={run} />;
  if (run.state === 'failed') {
    return (
      <>
        <Failure title={t('backtest.failed')} detail={run.failure} />
        <Ran run={run} />
      </>
    );
  }
  const ask: BacktestAsk = {
    ...(run.version === null ? {} : { version: run.version }),
    ...(run.against === null ? {} : { against: run.against }),
    basis: 'true',
  };
  return (
    <>
      <Ran run={run} />
      <Report run={run} onTrue={() => onAsk(ask)} />
    </>
  );
}

/** Before anything was run: what is missing, and the one thing to do. */
function Beginning({ marked, isMore }: { marked: number; isMore: boolean }) {
  return marked === 0 ? (
    <Empty title={t('backtest.none')}>
      <p>{t('backtest.noneHelp')}</p>
      <p>{t('backtest.noneHow')}</p>
    </Empty>
  ) : (
    <p className={classes.says}>{t(isMore ? 'backtest.notYetMore' : 'backtest.notYet', { count: marked })}</p>
  );
}

export function BacktestPage({ search }: { search: BacktestSearch }) {
  useTitle(t('backtest.title'));
  const navigate = useNavigate();
  const format = useFormat();
  const runs = useRuns();
  const marked = useDepartures();
  const run = useRun(search.run ?? runs.data?.[0]?.id);
  const ask = useAsk();
  const mayMark = useCan('write');
  const isDenied = hasStatus(runs.error, 403); // then each of them is
  const error = (isDenied ? null : (runs.error ?? run.error)) ?? marked.error;
  const show = (id: string) =>
    void navigate({ to: '/backtest', search: { run: id }, replace: true, resetScroll: false });
  const start = (body: BacktestAsk) => ask.mutate(body, { onSuccess: asked => show(asked.id) });
  const count = marked.data?.data.length ?? 0;
  const isLoading = runs.isPending || marked.isPending || (run.isPending && run.fetchStatus !== 'idle');
  return (
    <Page
      className={classes.page}
      title={t('backtest.title')}
      lead={t('backtest.lead')}
      aside={<Link to="/comparison">{t('comparison.title')}</Link>}
    >
      {isDenied ? (
        <Empty title={t('backtest.denied')}>
          <p>{t('backtest.deniedWhy')}</p>
        </Empty>
      ) : (
        <AskBar
          disabled={count === 0 || isUnderWay(run.data)}
          isAsking={ask.isPending}
          run={run.data}
          onAsk={start}
        />
      )}
      {ask.error && <QueryFailure error={ask.error} />}
      {error && (
        <QueryFailure
          error={error}
          onRetry={() => {
            void runs.refetch();
            void marked.refetch();
            void run.refetch();
          }}
        />
      )}
      {isLoading && !error && <LoadingLines lines={12} />}
      {!isLoading && !error && !isDenied && !run.data && (
        <Beginning marked={count} isMore={marked.data?.next_cursor != null} />
      )}
      {run.data && <Shown run={run.data} onAsk={start} />}
      {marked.data && (mayMark || count > 0) && <Marks marked={marked.data} />}
      {(runs.data?.length ?? 0) > 1 && (
        <details className={page.panel}>
          <summary>{t('backtest.earlier')}</summary>
          <ul className={classes.list}>
            {runs.data?.map(one => (
              <li key={one.id}>
                <Button
                  size="compact-xs"
                  variant="subtle"
                  aria-current={one.id === run.data?.id}
                  onClick={() => show(one.id)}
                >
                  {t('backtest.ask.versionOf', { version: one.version ?? '–' })}
                  {one.against !== null && ` · ${one.against}`}, {format.dateTime(one.asked_at)}
                </Button>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Page>
  );
}
