export { Bill } from './Bill';
export { Costs } from './Costs';
export { costs, movers, pathTo, words } from './explain';
export { HealthMark, HealthShape, type Shade, shadeOf } from './HealthMark';
export { useHealth } from './queries';
export { readRange } from './range';
export { ScoreHistory } from './ScoreHistory';
export { Summary } from './Summary';
export { Trend } from './Trend';
