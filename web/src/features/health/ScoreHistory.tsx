// The score over any range as a chart, with what happened meanwhile marked on it, and all of it
// as a table one click away.
import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { HistoryPoint } from '@/api/types';
import { inOrder, type Moment, MomentText, markOf } from '@/features/records';
import { QueryFailure, useFormat, useSession } from '@/features/session';
import { t } from '@/lib/i18n';
import { LazyChart } from '@/ui/LazyChart';
import { MarkShape } from '@/ui/MarkShape';
import { Empty, LoadingLines } from '@/ui/states';
import { HealthShape } from './HealthMark';
import { HistoryTable, type OnWhy, ShadowTable } from './HistoryTable';
import { useHistory } from './queries';
import { RangeMenu } from './RangeMenu';
import { type HistoryRange, spanOf } from './range';
import classes from './ScoreHistory.module.css';
import { heldAt, type ShadowLine, shadowLines, stepsOf, valuesAt } from './shadowLines';

const DAY_MS = 86_400_000;

/** Of each shadow in its turn; more of them than colours are told apart by their labels. */
const SHADOW_COLORS = ['--text-2', '--yellow', '--green', '--red'];
const shadowColor = (i: number) => SHADOW_COLORS[i % SHADOW_COLORS.length] ?? '--text-2';

/** A point holds until the next, and the last until now. */
function chartOf(history: HistoryPoint[], shadows: readonly ShadowLine[], end: number) {
  const last = history.at(-1);
  const points = last ? [...history, { ...last, at: new Date(end).toISOString() }] : history;
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
  const steps = stepsOf(times, shadows);
  /** By step: the point that holds there. */
  let held = -1;
  const index = steps.map(at => {
    while (held + 1 < times.length && (times[held + 1] ?? 0) <= at) held++;
    return held;
  });
  const part = (keep: (i: number, exact: boolean) => boolean) =>
    index.map((i, step) => (keep(i, times[i] === steps[step]) ? (points[i]?.points ?? null) : null));
  return {
    times: steps,
    index,
    strip,
    series: [
      {
        // Up to the first lived point itself.
        values: part((i, exact) => i < border || (i === border && exact)),
        color: '--text-3',
        dashed: true,
        stepped: true,
      },
      { values: part(i => i >= border), color: '--accent', stepped: true },
      ...shadows.map(({ points: line }, i) => ({
        values: valuesAt(line, steps),
        color: shadowColor(i),
        thin: true,
        stepped: true,
      })),
    ],
    backfilled: border,
  };
}

/** When another scorecard or another version of the program began to make the score. */
function ruleChanges(history: readonly HistoryPoint[]): Moment[] {
  return history.flatMap((point, i): Moment[] => {
    const before = history[i - 1];
    if (!before || before.scorecard === '') return [];
    if (before.scorecard !== point.scorecard)
      return [{ at: point.at, kind: 'rules', say: 'scorecard', name: point.scorecard }];
    // Back-filled points are all made by one version, later: that says nothing of their time.
    if (before.program_version !== point.program_version && !before.backfilled)
      return [{ at: point.at, kind: 'rules', say: 'program', name: String(point.program_version) }];
    return [];
  });
}

interface ReadoutProps {
  point: HistoryPoint;
  /** In milliseconds; what shadows made of the account then is said, too. */
  at: number;
  shadows: readonly ShadowLine[];
}

function Readout({ point, at, shadows }: ReadoutProps) {
  const format = useFormat();
  return (
    <span className={classes.readout}>
      <HealthShape shade={point.grey ? 'grey' : point.band} size={10} />
      <strong className="num">{format.points(point.points)}</strong>
      <span>{t(`health.band.${point.grey ? 'grey' : point.band}`)}</span>
      <span className="dim num">{format.date(point.at)}</span>
      {point.backfilled && <span className="dim">{t('history.backfilled')}</span>}
      {shadows.map(({ name, points }) => {
        const shadow = heldAt(points, at)?.points ?? null;
        return (
          <span key={name} className="num">
            {shadow === null
              ? t('health.shadowUnknown', { name })
              : t('health.shadow', {
                  name,
                  points: format.points(shadow),
                  difference: format.signedPoints(shadow - point.points),
                })}
          </span>
        );
      })}
    </span>
  );
}

/** Which thin line is whose. */
function ShadowLegend({ shadows }: { shadows: readonly ShadowLine[] }) {
  if (shadows.length === 0) return null;
  return (
    <p className={classes.legend}>
      {shadows.map(({ name }, i) => (
        <span key={name}>
          <svg width="16" height="8" aria-hidden="true">
            <line x1="0" y1="4" x2="16" y2="4" stroke={`var(${shadowColor(i)})`} strokeWidth="1" />
          </svg>{' '}
          {t('history.shadow', { name })}
        </span>
      ))}
    </p>
  );
}

function MomentReadout({ moment }: { moment: Moment }) {
  const format = useFormat();
  return (
    <span className={classes.readout}>
      <MomentText moment={moment} />
      <span className="dim num">{format.date(moment.at)}</span>
    </span>
  );
}

/** What the shapes on the chart stand for; each is said once. */
function MarkLegend({ moments }: { moments: readonly Moment[] }) {
  const kinds = [...new Map(moments.map(moment => [moment.kind, moment])).values()];
  if (kinds.length === 0) return null;
  return (
    <p className={classes.legend}>
      {kinds.map(moment => (
        <span key={moment.kind}>
          <MarkShape {...markOf(moment)} /> {t(`moments.kind.${moment.kind}`)}
        </span>
      ))}
    </p>
  );
}

interface Props {
  id: string;
  range: HistoryRange;
  moments: Moment[];
  /** Up to this moment, instead of the end of the range. */
  until?: string;
  /** Without it the range is fixed. */
  onRange?: (range: string | undefined) => void;
  /** Explain what moved between the beginning of the one day and the end of the other. */
  onWhy: OnWhy;
}

export function ScoreHistory({ id, range, until, moments, onRange, onWhy }: Props) {
  const { day, dayStart } = useFormat();
  const [opened] = useState(() => Math.floor(Date.now() / 60_000) * 60_000);
  const span = { ...spanOf(range, opened, dayStart), ...(until ? { to: until } : {}) };
  const { from } = span;
  const history = useHistory(id, span);
  const { workspace } = useSession();
  const [asTable, setAsTable] = useState(false);
  const [index, setIndex] = useState<number | null>(null);
  const [marked, setMarked] = useState<number | null>(null);
  const points = history.data?.points;
  const shadows = useMemo(() => shadowLines(history.data?.shadows ?? []), [history.data]);
  const updatedAt = history.dataUpdatedAt;
  const end = span.to ? Math.min(Date.parse(span.to), updatedAt) : updatedAt;
  const chart = useMemo(() => (points ? chartOf(points, shadows, end) : null), [points, shadows, end]);
  const happened = useMemo(() => {
    // The first point is made on the day on which the first contract begins, or a little later.
    const since = Date.parse(points?.[0]?.at ?? from) - DAY_MS;
    const recent = moments.filter(({ at }) => Date.parse(at) >= since && Date.parse(at) <= end);
    return inOrder([...recent, ...ruleChanges(points ?? [])]);
  }, [moments, points, from, end]);
  const marks = useMemo(() => {
    const start = chart?.times[0] ?? 0;
    return happened.map(markOf).map(mark => ({ ...mark, at: Math.max(mark.at, start) }));
  }, [happened, chart]);
  const moment = marked === null ? undefined : happened[marked];
  const step = index ?? (chart ? chart.times.length - 1 : 0);
  const shown = points && (points[chart?.index[step] ?? points.length - 1] ?? points.at(-1));
  const shownAt = Math.min((chart?.times[step] ?? 0) * 1000, end);

  return (
    <section className={classes.panel} aria-labelledby="history-title">
      <header className={classes.head}>
        <h2 id="history-title">{t('history.title')}</h2>
        <span className={classes.tools}>
          {onRange && <RangeMenu range={range} today={day(opened)} onRange={onRange} />}
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() => setAsTable(!asTable)}
            aria-pressed={asTable}
          >
            {asTable ? t('chart.asChart') : t('chart.asTable')}
          </Button>
        </span>
      </header>
      {history.isPending && <LoadingLines lines={5} />}
      {history.error && <QueryFailure error={history.error} onRetry={() => void history.refetch()} />}
      {points?.length === 0 && <Empty title={t('history.none')} />}
      {points && points.length > 0 && chart && !asTable && (
        <>
          {moment ? (
            <MomentReadout moment={moment} />
          ) : (
            shown && <Readout point={shown} at={shownAt} shadows={shadows} />
          )}
          <LazyChart
            label={t('history.title')}
            times={chart.times}
            series={chart.series}
            strip={chart.strip}
            marks={marks}
            height={190}
            low={0}
            high={100}
            timeZone={workspace.time_zone}
            onPoint={setIndex}
            onMark={setMarked}
          />
          <ShadowLegend shadows={shadows} />
          <MarkLegend moments={happened} />
          {chart.backfilled > 0 && <p className={classes.note}>{t('history.note')}</p>}
        </>
      )}
      {points && points.length > 0 && asTable && (
        <>
          <HistoryTable points={points} moments={happened} onWhy={onWhy} />
          <ShadowTable shadows={shadows} />
        </>
      )}
    </section>
  );
}
