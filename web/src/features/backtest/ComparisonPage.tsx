// Two versions of the program over the same past: how the scores of a book, a portfolio or a segment would have run.
import './texts';
import { Button, Progress } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { hasStatus } from '@/api/errors';
import type { Comparison, ComparisonAsk, ComparisonBrief } from '@/api/types';
import { QueryFailure, useFormat, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { useTitle } from '@/lib/title';
import { Page } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { Empty, Failure, LoadingLines } from '@/ui/states';
import classes from './Backtest.module.css';
import { CompareBar } from './CompareBar';
import { Compared } from './Compared';
import {
  isComparing,
  useAskComparison,
  useComparison,
  useComparisons,
  useStopComparison,
} from './comparisons';
import type { ComparisonSearch } from './search';

function UnderWay({ run }: { run: Comparison }) {
  const stop = useStopComparison();
  const percent = run.total > 0 ? Math.floor((run.done / run.total) * 100) : 0;
  return (
    <section className={page.panel} aria-label={t('comparison.running')}>
      <p className={classes.says} role="status">
        {run.state === 'queued' ? t('backtest.waiting') : t('comparison.running')}
      </p>
      <Progress value={percent} aria-label={t('comparison.running')} my={8} />
      <p className={page.note}>{t('comparison.runningOf', { percent: `${percent} %` })}</p>
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

const titleOf = (run: ComparisonBrief): string =>
  run.version === null
    ? t('comparison.pairDraft', { against: run.against })
    : t('comparison.pair', { version: run.version, against: run.against });

function Ran({ run }: { run: Comparison }) {
  const format = useFormat();
  return (
    <p className={page.note}>
      {titleOf(run)}, {t('comparison.range', { from: format.date(run.from), to: format.date(run.to) })}.{' '}
      {t(`backtest.ask.${run.basis}`)}. {t('comparison.ran')} <When at={run.ended_at ?? run.asked_at} />.
    </p>
  );
}

function Shown({ run }: { run: Comparison }) {
  if (isComparing(run)) return <UnderWay run={run} />;
  return (
    <>
      {run.state === 'failed' && <Failure title={t('comparison.failed')} detail={run.failure} />}
      <Ran run={run} />
      {run.result && <Compared run={run} result={run.result} />}
    </>
  );
}

export function ComparisonPage({ search }: { search: ComparisonSearch }) {
  useTitle(t('comparison.title'));
  const navigate = useNavigate();
  const format = useFormat();
  const runs = useComparisons();
  const isNew = search.version !== undefined || search.against !== undefined;
  const run = useComparison(search.run ?? (isNew ? undefined : runs.data?.[0]?.id));
  const ask = useAskComparison();
  const isDenied = hasStatus(runs.error, 403); // then each of them is
  const error = isDenied ? null : (runs.error ?? run.error);
  const isLoading = runs.isPending || (run.isPending && run.fetchStatus !== 'idle');
  const show = (id: string) =>
    void navigate({ to: '/comparison', search: { run: id }, replace: true, resetScroll: false });
  const start = (body: ComparisonAsk) => ask.mutate(body, { onSuccess: asked => show(asked.id) });
  return (
    <Page className={classes.page} title={t('comparison.title')} lead={t('comparison.lead')}>
      {isDenied ? (
        <Empty title={t('comparison.denied')}>
          <p>{t('comparison.deniedWhy')}</p>
        </Empty>
      ) : (
        <CompareBar
          search={search}
          disabled={isComparing(run.data)}
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
            void run.refetch();
          }}
        />
      )}
      {isLoading && !error && !isDenied && <LoadingLines lines={12} />}
      {!isLoading && !error && !isDenied && !run.data && (
        <Empty title={t('comparison.none')}>
          <p>{t('comparison.noneHelp')}</p>
        </Empty>
      )}
      {run.data && <Shown run={run.data} />}
      {(runs.data?.length ?? 0) > 1 && (
        <details className={page.panel}>
          <summary>{t('comparison.earlier')}</summary>
          <ul className={classes.list}>
            {runs.data?.map(one => (
              <li key={one.id}>
                <Button
                  size="compact-xs"
                  variant="subtle"
                  aria-current={one.id === run.data?.id}
                  onClick={() => show(one.id)}
                >
                  {titleOf(one)}, {format.dateTime(one.asked_at)}
                </Button>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Page>
  );
}
