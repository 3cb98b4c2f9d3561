// A line or bars over time, drawn by uPlot.  Loaded only where a chart is shown (see LazyChart).
// Says nothing to a screen reader beyond its label: the data is one click away as a table.
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { SHAPE_PATHS, type Shape } from './MarkShape';
import classes from './TimeChart.module.css';

export interface ChartSeries {
  values: (number | null)[];
  /** A CSS variable, e.g. "--accent". */
  color: string;
  dashed?: boolean;
  /** Beside another line that says more. */
  thin?: boolean;
  fill?: boolean;
  bars?: boolean;
  /** Each value holds until the next. */
  stepped?: boolean;
}

export interface ChartSpan {
  from: number;
  to: number;
  color: string;
}

export interface ChartMark {
  at: number;
  shape: Shape;
  color: string;
}

export interface TimeChartProps {
  label: string;
  /** Seconds since 1970. */
  times: number[];
  series: ChartSeries[];
  height: number;
  timeZone: string;
  low?: number;
  high?: number;
  /** A strip along the bottom. */
  strip?: ChartSpan[];
  /** Moments: a line from top to bottom with a shape on it. */
  marks?: ChartMark[];
  /** Called with the point under the pointer, or null when it leaves. */
  onPoint?: (index: number | null) => void;
  /** Called with the mark at the pointer, or null. */
  onMark?: (index: number | null) => void;
}

const STRIP_PX = 5;
/** Half of "Nov 29", which may stand under the last moment. */
const LAST_LABEL_PX = 20;

function drawStrip(chart: uPlot, spans: ChartSpan[], color: (name: string) => string): void {
  const { ctx, bbox } = chart;
  const thick = STRIP_PX * devicePixelRatio;
  ctx.save();
  for (const span of spans) {
    const from = chart.valToPos(span.from, 'x', true);
    const to = chart.valToPos(span.to, 'x', true);
    ctx.fillStyle = color(span.color);
    ctx.fillRect(from, bbox.top + bbox.height - thick, Math.max(1, to - from), thick);
  }
  ctx.restore();
}

const MARK_PX = 9;
const MARK_REACH_PX = 6;

function drawMarks(chart: uPlot, marks: ChartMark[], color: (name: string) => string): void {
  const { ctx, bbox } = chart;
  const size = MARK_PX * devicePixelRatio;
  ctx.save();
  for (const mark of marks) {
    const x = chart.valToPos(mark.at, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = color('--line-strong');
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top + size);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.save();
    ctx.translate(x - size / 2, bbox.top);
    ctx.scale(size / 10, size / 10);
    ctx.fillStyle = color(mark.color);
    ctx.fill(new Path2D(SHAPE_PATHS[mark.shape]), 'evenodd');
    ctx.restore();
  }
  ctx.restore();
}

/** The mark nearest to the pointer, if it is near. */
function markAt(chart: uPlot, marks: ChartMark[]): number | null {
  const left = chart.cursor.left ?? -1;
  if (left < 0) return null;
  let nearest: number | null = null;
  let reach = MARK_REACH_PX;
  marks.forEach((mark, i) => {
    const away = Math.abs(chart.valToPos(mark.at, 'x') - left);
    if (away > reach) return;
    reach = away;
    nearest = i;
  });
  return nearest;
}

function options(props: TimeChartProps, width: number, color: (name: string) => string): uPlot.Options {
  const axis = { stroke: color('--text-3'), font: "11px 'Inter', sans-serif", ticks: { show: false } };
  const grid = { stroke: color('--line'), width: 1 };
  return {
    width,
    height: props.height,
    padding: [8, LAST_LABEL_PX, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    tzDate: seconds => uPlot.tzDate(new Date(seconds * 1000), props.timeZone),
    scales: {
      y: { range: (_, min, max) => [props.low ?? Math.min(0, min), props.high ?? Math.max(max * 1.08, 1)] },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 64, size: 26, values: dayLabels(props.timeZone) },
      { ...axis, grid, size: 38, space: 28, values: (_, ticks) => ticks.map(tick => compact.format(tick)) },
    ],
    series: [
      {},
      ...props.series.map(one => ({
        stroke: color(one.color),
        width: one.bars ? 0 : one.thin ? 1 : 1.5,
        points: { show: false },
        ...(one.dashed ? { dash: [3, 3] } : {}),
        ...(one.fill ? { fill: `${color(one.color)}1f` } : {}),
        ...(one.stepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
        ...(one.bars
          ? {
              fill: color(one.color),
              ...(uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.7, 14] }) } : {}),
            }
          : {}),
      })),
    ],
    hooks: {
      draw: [
        chart => props.strip && drawStrip(chart, props.strip, color),
        chart => props.marks && drawMarks(chart, props.marks, color),
      ],
      setCursor: [
        chart => props.onPoint?.(chart.cursor.idx ?? null),
        chart => props.onMark?.(markAt(chart, props.marks ?? [])),
      ],
    },
  };
}

/** Months for long spans, days for short ones. */
function dayLabels(timeZone: string) {
  const month = new Intl.DateTimeFormat('en-US', { month: 'short', timeZone });
  const day = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric', timeZone });
  return (_: uPlot, ticks: number[]) => {
    const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
    return ticks.map(tick => (step > 27 * 86_400 ? month : day).format(tick * 1000));
  };
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

export default function TimeChart(props: TimeChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const { times, series, strip, marks, height } = props;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new chart for new data; the rest is read when drawn
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let chart: uPlot | null = null;
    const draw = () => {
      chart?.destroy();
      const style = getComputedStyle(document.documentElement);
      const color = (name: string) => style.getPropertyValue(name).trim();
      const made: uPlot.Options = options(latest.current, element.clientWidth, color);
      chart = new uPlot(made, [times, ...series.map(one => one.values)], element);
    };
    draw();
    const resize = new ResizeObserver(() => {
      if (chart && chart.width !== element.clientWidth) chart.setSize({ width: element.clientWidth, height });
    });
    resize.observe(element);
    const scheme = new MutationObserver(draw);
    scheme.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
    return () => {
      resize.disconnect();
      scheme.disconnect();
      chart?.destroy();
    };
  }, [times, series, strip, marks, height]);

  return <div ref={box} className={classes.chart} style={{ height }} role="img" aria-label={props.label} />;
}
