// What the account does in the product: a small chart a metric, and the same days as a table.
import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { MetricSeries } from '@/api/types';
import { QueryFailure, useFormat } from '@/features/session';
import { unitOf } from '@/lib/format';
import { t } from '@/lib/i18n';
import { LazyChart } from '@/ui/LazyChart';
import { ScrollRegion } from '@/ui/ScrollRegion';
import { Empty, LoadingLines } from '@/ui/states';
import classes from './Metrics.module.css';
import { useMetrics } from './queries';

const SECONDS = 1000;

function MetricChart({ metric }: { metric: MetricSeries }) {
  const format = useFormat();
  const [index, setIndex] = useState<number | null>(null);
  const { times, series } = useMemo(
    () => ({
      times: metric.days.map(day => Date.parse(day.day) / SECONDS),
      series: [{ values: metric.days.map(day => day.value), color: '--bar', bars: true }],
    }),
    [metric],
  );
  const shown = metric.days[index ?? metric.days.length - 1];
  const today = format.day(format.now);
  const title = metric.name.replaceAll(/[-_]/g, ' ');
  return (
    <article className={classes.card} aria-label={title}>
      <h3>{title}</h3>
      {metric.doc && <p className={classes.doc}>{metric.doc}</p>}
      <p className={classes.readout}>
        <strong className="num">
          {shown?.value == null ? '–' : `${metric.at_least ? '≥ ' : ''}${format.number(shown.value, 1)}`}
        </strong>{' '}
        {metric.unit && <span>{unitOf(shown?.value, metric.unit)}</span>}
        {shown && (
          <span className="dim num">{shown.day === today ? t('metrics.today') : format.date(shown.day)}</span>
        )}
      </p>
      {metric.days.length > 1 ? (
        <LazyChart
          label={title}
          times={times}
          series={series}
          height={130}
          timeZone="UTC"
          onPoint={setIndex}
        />
      ) : (
        <Empty title={t('metrics.noDays')} />
      )}
    </article>
  );
}

function MetricTable({ metrics }: { metrics: MetricSeries[] }) {
  const format = useFormat();
  const days = [...new Set(metrics.flatMap(metric => metric.days.map(day => day.day)))].sort().reverse();
  const values = metrics.map(metric => new Map(metric.days.map(day => [day.day, day.value])));
  return (
    <ScrollRegion className={classes.scroll} label={t('metrics.table')}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t('metrics.day')}</th>
            {metrics.map(metric => (
              <th scope="col" key={metric.name} title={metric.doc ?? undefined}>
                {metric.name}
                {metric.unit ? ` (${metric.unit})` : ''}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.map(day => (
            <tr key={day}>
              <th scope="row">{format.date(day)}</th>
              {metrics.map((metric, i) => {
                const value = values[i]?.get(day);
                return <td key={metric.name}>{value == null ? '–' : format.number(value, 2)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

export function Metrics({ id, from }: { id: string; from: string }) {
  const metrics = useMetrics(id, from);
  const [asTable, setAsTable] = useState(false);
  if (metrics.isPending) return <LoadingLines lines={8} />;
  if (metrics.error) return <QueryFailure error={metrics.error} onRetry={() => void metrics.refetch()} />;
  if (metrics.data.length === 0) return <Empty title={t('metrics.none')}>{t('metrics.noneHelp')}</Empty>;
  return (
    <>
      <div className={classes.tools}>
        <span className="dim">{t('metrics.window')}</span>
        <Button
          size="compact-xs"
          variant="subtle"
          onClick={() => setAsTable(!asTable)}
          aria-pressed={asTable}
        >
          {asTable ? t('chart.asChart') : t('chart.asTable')}
        </Button>
      </div>
      {asTable ? (
        <MetricTable metrics={metrics.data} />
      ) : (
        <div className={classes.grid}>
          {metrics.data.map(metric => (
            <MetricChart key={metric.name} metric={metric} />
          ))}
        </div>
      )}
    </>
  );
}
