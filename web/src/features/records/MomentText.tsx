// A moment in words, with the shape that marks it on a chart.
import { t } from '@/lib/i18n';
import { MarkShape } from '@/ui/MarkShape';
import type { Moment } from './moments';

export const MOMENT_SHAPES = {
  contract: 'square',
  ticket: 'diamond',
  person: 'triangle',
  rules: 'ring',
  signal: 'bell',
  judgement: 'cross',
} as const;

const MOMENT_COLORS = {
  contract: '--text-2',
  ticket: '--red',
  person: '--accent',
  rules: '--text-2',
  signal: '--yellow',
  judgement: '--accent',
} as const;

export function markOf(moment: Moment) {
  return {
    at: Date.parse(moment.at) / 1000,
    shape: MOMENT_SHAPES[moment.kind],
    color: MOMENT_COLORS[moment.kind],
  };
}

export function momentWords({ say, name, detail }: Moment): string {
  const text = t(`moments.${say}`, { name, detail: detail ?? '' });
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function MomentText({ moment }: { moment: Moment }) {
  const { shape, color } = markOf(moment);
  return (
    <>
      <MarkShape shape={shape} color={color} /> {momentWords(moment)}
    </>
  );
}
