// A measured value with its interval, on a line from 0 to `most`.  The numbers stand beside it.
import type { BacktestEstimate } from '@/api/types';
import classes from './Backtest.module.css';

const WIDTH = 160;
const HEIGHT = 16;
const EDGE = 5;

interface Props {
  of: BacktestEstimate;
  most?: number;
  /** A line across: what chance would give. */
  chance?: number;
}

export function Interval({ of, most = 1, chance }: Props) {
  const x = (value: number) => EDGE + (Math.min(value, most) / most) * (WIDTH - 2 * EDGE);
  const middle = HEIGHT / 2;
  return (
    <svg
      className={classes.interval}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      aria-hidden="true"
      focusable="false"
    >
      <line x1={EDGE} x2={WIDTH - EDGE} y1={middle} y2={middle} className={classes.axis} />
      {chance !== undefined && (
        <line x1={x(chance)} x2={x(chance)} y1={1} y2={HEIGHT - 1} className={classes.chance} />
      )}
      <line x1={x(of.low)} x2={x(of.high)} y1={middle} y2={middle} className={classes.range} />
      <circle cx={x(of.value)} cy={middle} r={3.6} className={classes.point} />
    </svg>
  );
}
