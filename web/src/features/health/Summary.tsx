// How an account stands and why, in one line.
import type { AccountHealth } from '@/api/types';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { movers, words } from './explain';

const STEADY = 0.5;

export function Summary({ name, health }: { name: string; health: AccountHealth }) {
  const format = useFormat();
  const { previous, items } = health;
  const moved = previous ? health.effective_points - previous.effective_points : 0;
  const byHand = health.effective === 'override';
  const shade = health.grey && !byHand ? 'grey' : health.effective_band;
  const colour = t(`health.in.${shade}`, { points: format.points(health.effective_points) });
  const band =
    health.grade && shade !== 'grey' ? t('health.graded', { band: colour, grade: health.grade }) : colour;
  const causes = movers(items, 3).filter(item => Math.sign(item.change ?? 0) === Math.sign(moved));
  const missing = items.filter(item => item.missing).length;

  const parts: string[] = [t('health.stands', { name, band })];
  if (previous && Math.abs(moved) >= STEADY) {
    const date = format.date(previous.at);
    const by = format.points(Math.abs(moved));
    parts.push(moved < 0 ? t('health.down', { by, date }) : t('health.up', { by, date }));
    if (causes.length > 0) {
      const list = causes
        .map(item => `${words(item.name)} (${format.signedPoints(item.change ?? 0)})`)
        .join(', ');
      parts.push(t('health.mostly', { list }));
    }
  } else if (previous) {
    parts.push(t('health.steady', { date: format.date(previous.at) }));
  }
  if (health.because) parts.push(t('health.because', { because: health.because }));
  if (missing > 0) parts.push(t('health.unknown', { count: missing }));
  return <p>{parts.join(' ')}</p>;
}
