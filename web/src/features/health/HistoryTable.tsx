// The points of the score's history as tables: what is behind the chart.
import { Button } from '@mantine/core';
import type { HistoryPoint } from '@/api/types';
import { type Moment, MomentText } from '@/features/records';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { ScrollRegion } from '@/ui/ScrollRegion';
import classes from './ScoreHistory.module.css';
import type { ShadowLine } from './shadowLines';

const DAY_MS = 86_400_000;

/** Explain what moved between the beginning of the one day and the end of the other. */
export type OnWhy = (from: string, to: string) => void;

function PointRow({ point, onWhy }: { point: HistoryPoint; onWhy: OnWhy }) {
  const format = useFormat();
  const day = dayOfStep(point, format);
  return (
    <tr>
      <td className="num">{format.dateTime(point.at)}</td>
      <td className="num">{format.points(point.points)}</td>
      <td>{t(`health.band.${point.grey ? 'grey' : point.band}`)}</td>
      <td className={`${classes.words} dim`}>
        {point.backfilled ? t('history.backfilled') : t('history.lived')}
        {point.because && `, ${t('history.because', { what: point.because })}`}
      </td>
      <td>
        <Button
          size="compact-xs"
          variant="subtle"
          aria-label={t('history.whyOf', { date: format.dateTime(point.at) })}
          onClick={() => onWhy(day, day)}
        >
          {t('history.why')}
        </Button>
      </td>
    </tr>
  );
}

function MomentRow({ moment }: { moment: Moment }) {
  const format = useFormat();
  return (
    <tr>
      <td className="num">{format.dateTime(moment.at)}</td>
      <td colSpan={4} className={classes.words}>
        <MomentText moment={moment} />
      </td>
    </tr>
  );
}

/** The day whose facts made the step: of a midnight that was evaluated later, the day before it. */
function dayOfStep(point: HistoryPoint, format: { day(at: number): string }): string {
  return format.day(Date.parse(point.at) - (point.backfilled ? DAY_MS / 2 : 0));
}

interface TableProps {
  points: HistoryPoint[];
  moments: Moment[];
  onWhy: OnWhy;
}

export function HistoryTable({ points, moments, onWhy }: TableProps) {
  const rows = [
    ...points.map(point => ({ at: point.at, row: <PointRow key={point.at} point={point} onWhy={onWhy} /> })),
    ...moments.map(moment => ({
      at: moment.at,
      row: <MomentRow key={`${moment.at} ${moment.say} ${moment.name}`} moment={moment} />,
    })),
  ].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  return (
    <ScrollRegion className={classes.scroll} label={t('history.table')}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t('history.at')}</th>
            <th scope="col">{t('history.score')}</th>
            <th scope="col">{t('history.band')}</th>
            <th scope="col">{t('history.how')}</th>
            <th scope="col">
              <span className="sr-only">{t('history.why')}</span>
            </th>
          </tr>
        </thead>
        <tbody>{rows.map(({ row }) => row)}</tbody>
      </table>
    </ScrollRegion>
  );
}

/** What shadows said, a row a day. */
export function ShadowTable({ shadows }: { shadows: readonly ShadowLine[] }) {
  const format = useFormat();
  if (shadows.length === 0) return null;
  return (
    <ScrollRegion className={classes.scroll} label={t('history.shadowTable')}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t('history.at')}</th>
            <th scope="col">{t('history.shadowName')}</th>
            <th scope="col">{t('history.score')}</th>
            <th scope="col">{t('history.how')}</th>
          </tr>
        </thead>
        <tbody>
          {shadows.flatMap(({ name, points }) =>
            points.map(point => (
              <tr key={`${name} ${point.at}`}>
                <td className="num">{format.dateTime(point.at)}</td>
                <td>{name}</td>
                <td className="num">{point.points === null ? '–' : format.points(point.points)}</td>
                <td className="dim">{point.backfilled ? t('history.backfilled') : t('history.lived')}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
