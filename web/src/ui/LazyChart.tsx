// The chart, fetched when it is first needed; its space is held meanwhile.
import { lazy, Suspense } from 'react';
import { part } from '@/lib/part';
import type { TimeChartProps } from './TimeChart';

const TimeChart = lazy(part(() => import('./TimeChart')));

export function LazyChart(props: TimeChartProps) {
  return (
    <Suspense fallback={<div style={{ height: props.height }} />}>
      <TimeChart {...props} />
    </Suspense>
  );
}
