// A small line without axes, for tables.  Decorative: the numbers beside it say the same.
import { memo } from 'react';

interface Props {
  values: readonly number[];
  width?: number;
  height?: number;
  low?: number;
  /** The height stands for at least so much, so that small moves look small. */
  span?: number;
  bars?: boolean;
}

export const Sparkline = memo(function Sparkline({
  values,
  width = 64,
  height = 18,
  low,
  span = 0,
  bars,
}: Props) {
  if (values.length < 2) return <svg width={width} height={height} aria-hidden="true" />;
  const lowest = low ?? Math.min(...values);
  const slack = Math.max(0, span - (Math.max(...values) - lowest)) / 2;
  const min = lowest - slack;
  const max = Math.max(Math.max(...values) + slack, min + 1e-9);
  const x = (i: number) => 1 + (i * (width - 2)) / (values.length - 1);
  const y = (v: number) => height - 1.5 - ((v - min) / (max - min)) * (height - 3);
  if (bars) {
    const step = width / values.length;
    const path = values
      .map((v, i) => (v > min ? `M${(i + 0.5) * step} ${height}V${Math.min(y(v), height - 1)}` : ''))
      .join('');
    return (
      <svg width={width} height={height} aria-hidden="true">
        <path d={path} stroke="currentColor" strokeWidth={Math.max(1, step * 0.66)} />
      </svg>
    );
  }
  const last = values[values.length - 1] ?? min;
  const line = values.map((v, i) => `${i === 0 ? 'M' : 'L'}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join('');
  return (
    <svg width={width} height={height} aria-hidden="true">
      <path d={line} fill="none" stroke="currentColor" strokeWidth="1.25" strokeLinejoin="round" />
      <circle cx={x(values.length - 1)} cy={y(last)} r="1.6" fill="currentColor" />
    </svg>
  );
});
