// The score over the past year as a chart, with the same figures as a table one click away.
import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { HistoryPoint } from '@/api/types';
import { QueryFailure, useFormat, useSession } from '@/features/session';
import { t } from '@/lib/i18n';
import { LazyChart } from '@/ui/LazyChart';
import { ScrollRegion } from '@/ui/ScrollRegion';
import { Empty, LoadingLines } from '@/ui/states';
import { HealthShape } from './HealthMark';
import { useHistory } from './queries';
import classes from './ScoreHistory.module.css';

/** A point holds until the next, and the last until now. */
function chartOf(history: HistoryPoint[], now: number) {
  const last = history.at(-1);
  const points = last ? [...history, { ...last, at: new Date(now).toISOString() }] : history;
  const times = points.map(point => Date.parse(point.at) / 1000);
  const color = (point: HistoryPoint) => `--${point.grey ? 'grey' : point.band}`;
  const strip: { from: number; to: number; color: string }[] = [];
  points.slice(0, -1).forEach((point, i) => {
    const before = strip.at(-1);
    const to = times[i + 1] ?? 0;
    if (before?.color === color(point)) before.to = to;
    else strip.push({ from: times[i] ?? 0, to, color: color(point) });
  });
  const firstLived = points.findIndex(point => !point.backfilled);
  const border = firstLived === -1 ? points.length : firstLived;
  const part = (keep: (i: number) => boolean) => points.map((point, i) => (keep(i) ? point.points : null));
  return {
    times,
    strip,
    series: [
      { values: part(i => i <= border), color: '--text-3', dashed: true, stepped: true },
      { values: part(i => i >= border), color: '--accent', stepped: true },
    ],
    backfilled: border,
  };
}

function Readout({ point }: { point: HistoryPoint }) {
  const format = useFormat();
  return (
    <span className={classes.readout}>
      <HealthShape shade={point.grey ? 'grey' : point.band} size={10} />
      <strong className="num">{format.points(point.points)}</strong>
      <span>{t(`health.band.${point.grey ? 'grey' : point.band}`)}</span>
      <span className="dim num">{format.date(point.at)}</span>
      {point.backfilled && <span className="dim">{t('history.backfilled')}</span>}
    </span>
  );
}

function HistoryTable({ points }: { points: HistoryPoint[] }) {
  const format = useFormat();
  return (
    <ScrollRegion className={classes.scroll} label={t('history.table')}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t('history.at')}</th>
            <th scope="col">{t('history.score')}</th>
            <th scope="col">{t('history.band')}</th>
            <th scope="col">{t('history.how')}</th>
            <th scope="col">{t('history.because')}</th>
          </tr>
        </thead>
        <tbody>
          {[...points].reverse().map(point => (
            <tr key={point.at}>
              <td className="num">{format.dateTime(point.at)}</td>
              <td className="num">{format.points(point.points)}</td>
              <td>{t(`health.band.${point.grey ? 'grey' : point.band}`)}</td>
              <td className="dim">{point.backfilled ? t('history.backfilled') : t('history.lived')}</td>
              <td className="dim">{point.because ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

export function ScoreHistory({ id, from }: { id: string; from: string }) {
  const history = useHistory(id, from);
  const { workspace } = useSession();
  const [asTable, setAsTable] = useState(false);
  const [index, setIndex] = useState<number | null>(null);
  const points = history.data;
  const updatedAt = history.dataUpdatedAt;
  const chart = useMemo(() => (points ? chartOf(points, updatedAt) : null), [points, updatedAt]);
  const shown = points && (points[index ?? points.length - 1] ?? points.at(-1));

  return (
    <section className={classes.panel} aria-labelledby="history-title">
      <header className={classes.head}>
        <h2 id="history-title">{t('history.title')}</h2>
        <Button
          size="compact-xs"
          variant="subtle"
          onClick={() => setAsTable(!asTable)}
          aria-pressed={asTable}
        >
          {asTable ? t('chart.asChart') : t('chart.asTable')}
        </Button>
      </header>
      {history.isPending && <LoadingLines lines={5} />}
      {history.error && <QueryFailure error={history.error} onRetry={() => void history.refetch()} />}
      {points?.length === 0 && <Empty title={t('history.none')} />}
      {points && points.length > 0 && chart && !asTable && (
        <>
          {shown && <Readout point={shown} />}
          <LazyChart
            label={t('history.title')}
            times={chart.times}
            series={chart.series}
            strip={chart.strip}
            height={190}
            low={0}
            high={100}
            timeZone={workspace.time_zone}
            onPoint={setIndex}
          />
          {chart.backfilled > 0 && <p className={classes.note}>{t('history.note')}</p>}
        </>
      )}
      {points && points.length > 0 && asTable && <HistoryTable points={points} />}
    </section>
  );
}
