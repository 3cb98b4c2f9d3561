// What a comparison came to: the end of the range first, then how it came about, then who it is.
import { useMemo, useState } from 'react';
import type { Comparison, ComparisonDay, ComparisonResult } from '@/api/types';
import { HealthShape } from '@/features/health';
import { useFormat, useSession } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { LazyChart } from '@/ui/LazyChart';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { Empty } from '@/ui/states';
import classes from './Backtest.module.css';
import { Furthest } from './Furthest';

const SHADES = ['red', 'yellow', 'green', 'none'] as const;
type Shade = (typeof SHADES)[number];

const colourOf = (standing: ComparisonDay['before'], shade: Shade) =>
  standing.colours.find(one => one.colour === shade) ?? { count: 0, arr: 0 };

function Shaded({ shade }: { shade: Shade }) {
  return (
    <span className={page.shade}>
      <HealthShape shade={shade} size={10} /> {t(`health.band.${shade}`)}
    </span>
  );
}

/** Colours, ARR and the mean on the last day, under one and the other. */
function Ends({ last, names, currency }: { last: ComparisonDay; names: [string, string]; currency: string }) {
  const format = useFormat();
  const mean = (value: number | null) => (value === null ? '–' : format.number(value, 1));
  return (
    <DataTable
      label={t('table.of', { title: t('comparison.ends', { date: format.date(last.day) }) })}
      columns={[
        t('comparison.colour'),
        { end: t('comparison.accountsOf', { name: names[0] }) },
        { end: t('comparison.accountsOf', { name: names[1] }) },
        { end: t('comparison.arrOf', { name: names[0] }) },
        { end: t('comparison.arrOf', { name: names[1] }) },
      ]}
    >
      <tbody>
        {SHADES.map(shade => {
          const [before, after] = [colourOf(last.before, shade), colourOf(last.after, shade)];
          return (
            <tr key={shade}>
              <th scope="row">
                <Shaded shade={shade} />
              </th>
              <td className={`${page.end} num`}>{format.number(before.count)}</td>
              <td className={`${page.end} num`}>{format.number(after.count)}</td>
              <td className={`${page.end} num`}>{format.majorShort(before.arr, currency)}</td>
              <td className={`${page.end} num`}>{format.majorShort(after.arr, currency)}</td>
            </tr>
          );
        })}
        <tr>
          <th scope="row">{t('comparison.mean')}</th>
          <td className={`${page.end} num`}>{mean(last.before.mean)}</td>
          <td className={`${page.end} num`}>{mean(last.after.mean)}</td>
          <td className={page.end}>–</td>
          <td className={page.end}>–</td>
        </tr>
      </tbody>
    </DataTable>
  );
}

/** Two lines: dashed what was before. */
function Lines({
  title,
  days,
  high,
  read,
}: {
  title: string;
  days: readonly ComparisonDay[];
  high?: number;
  read: (standing: ComparisonDay['before']) => number | null;
}) {
  const format = useFormat();
  const { workspace } = useSession();
  const [index, setIndex] = useState<number | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the days alone: a chart is made anew for new data
  const chart = useMemo(
    () => ({
      times: days.map(one => format.dayStart(one.day) / 1000),
      series: [
        { values: days.map(one => read(one.before)), color: '--text-3', dashed: true },
        { values: days.map(one => read(one.after)), color: '--accent' },
      ],
    }),
    [days],
  );
  const shown = days[index ?? days.length - 1];
  const said = (standing: ComparisonDay['before']) => {
    const value = read(standing);
    return value === null ? '–' : format.number(value, 1);
  };
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <LazyChart
        label={title}
        times={chart.times}
        series={chart.series}
        height={150}
        low={0}
        {...(high === undefined ? {} : { high })}
        timeZone={workspace.time_zone}
        onPoint={setIndex}
      />
      {shown && (
        <p className={`${page.note} num`}>
          {t('comparison.point', {
            date: format.date(shown.day),
            before: said(shown.before),
            after: said(shown.after),
          })}
        </p>
      )}
    </section>
  );
}

function DaysTable({ result, currency }: { result: ComparisonResult; currency: string }) {
  const format = useFormat();
  const pair = (before: string, after: string) => (before === after ? before : `${before} → ${after}`);
  const mean = (value: number | null) => (value === null ? '–' : format.number(value, 1));
  return (
    <details>
      <summary>{t('comparison.table')}</summary>
      <DataTable
        label={t('table.of', { title: t('comparison.course') })}
        columns={[
          t('comparison.day'),
          { end: t('comparison.mean') },
          ...SHADES.map(shade => ({ end: t(`health.band.${shade}`) })),
          { end: t('comparison.arrRed') },
          { end: t('comparison.moved') },
        ]}
      >
        <tbody>
          {result.days.toReversed().map(({ day, before, after, moved }) => (
            <tr key={day}>
              <th scope="row" className="num">
                {format.date(day)}
              </th>
              <td className={`${page.end} num`}>{pair(mean(before.mean), mean(after.mean))}</td>
              {SHADES.map(shade => (
                <td key={shade} className={`${page.end} num`}>
                  {pair(
                    format.number(colourOf(before, shade).count),
                    format.number(colourOf(after, shade).count),
                  )}
                </td>
              ))}
              <td className={`${page.end} num`}>
                {pair(
                  format.majorShort(colourOf(before, 'red').arr, currency),
                  format.majorShort(colourOf(after, 'red').arr, currency),
                )}
              </td>
              <td className={`${page.end} num`}>{format.number(moved)}</td>
            </tr>
          ))}
        </tbody>
      </DataTable>
    </details>
  );
}

function Moves({ result, currency }: { result: ComparisonResult; currency: string }) {
  const format = useFormat();
  const moved = result.moves.filter(({ was, is }) => was !== is);
  if (moved.length === 0) return <p className={page.note}>{t('comparison.noMoves')}</p>;
  return (
    <DataTable
      label={t('table.of', { title: t('comparison.moves') })}
      columns={[
        t('comparison.was'),
        t('comparison.is'),
        { end: t('comparison.accounts') },
        { end: t('comparison.arr') },
      ]}
    >
      <tbody>
        {moved.map(({ was, is, count, arr }) => (
          <tr key={`${was} ${is}`}>
            <th scope="row">
              <Shaded shade={was} />
            </th>
            <td>
              <Shaded shade={is} />
            </td>
            <td className={`${page.end} num`}>{format.number(count)}</td>
            <td className={`${page.end} num`}>{format.majorShort(arr, currency)}</td>
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}

const MEAN_HIGH = 100;

export function Compared({ run, result }: { run: Comparison; result: ComparisonResult }) {
  const format = useFormat();
  const last = result.days.at(-1);
  const names: [string, string] = [
    t('backtest.ask.versionOf', { version: run.against }),
    run.version === null ? t('comparison.draft') : t('backtest.ask.versionOf', { version: run.version }),
  ];
  if (!last || result.accounts === 0) {
    return (
      <Empty title={t('comparison.nobody')}>
        <p>{t('comparison.nobodyHelp')}</p>
      </Empty>
    );
  }
  return (
    <>
      <Panel
        id="comparison-ends"
        title={t('comparison.ends', { date: format.date(last.day) })}
        note={t('comparison.differ', {
          differ: format.number(result.differ),
          all: format.number(result.accounts),
        })}
      >
        {result.needs_scan.length > 0 && (
          <p className={classes.callout}>{t('comparison.scan', { names: result.needs_scan.join(', ') })}</p>
        )}
        <Ends last={last} names={names} currency={run.currency} />
      </Panel>
      <Panel id="comparison-course" title={t('comparison.course')} note={t('comparison.courseHelp')}>
        <div className={classes.versions} data-count="2">
          <Lines
            title={t('comparison.meanTitle')}
            days={result.days}
            high={MEAN_HIGH}
            read={one => one.mean}
          />
          <Lines
            title={t('comparison.redTitle')}
            days={result.days}
            read={one => colourOf(one, 'red').count}
          />
        </div>
        <DaysTable result={result} currency={run.currency} />
      </Panel>
      <Panel id="comparison-moves" title={t('comparison.moves')} note={t('comparison.movesHelp')}>
        <Moves result={result} currency={run.currency} />
      </Panel>
      {result.furthest.length > 0 && (
        <Panel id="comparison-furthest" title={t('comparison.furthest')} note={t('comparison.furthestHelp')}>
          <Furthest result={result} currency={run.currency} />
        </Panel>
      )}
    </>
  );
}
