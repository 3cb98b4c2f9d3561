// Who entered a segment and who left it: its size day by day, and the moves themselves.
import { Button, Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { SegmentMoves } from '@/api/types';
import { QueryFailure, useFormat, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { TableHead } from '@/ui/DataTable';
import { Icon } from '@/ui/Icon';
import { LazyChart } from '@/ui/LazyChart';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { ScrollRegion } from '@/ui/ScrollRegion';
import { LoadingLines } from '@/ui/states';
import { useMoves } from './queries';
import classes from './Segments.module.css';
import { RANGES } from './search';
import { sizesOf } from './sets';

type Day = SegmentMoves['days'][number];

function DayTable({ days, sizes }: { days: readonly Day[]; sizes: readonly number[] }) {
  const format = useFormat();
  return (
    <ScrollRegion className={classes.tall} label={t('segments.movesLine')}>
      <table className={page.table}>
        <TableHead
          columns={[
            t('segments.day'),
            { end: t('segments.entered') },
            { end: t('segments.left') },
            { end: t('segments.accounts') },
          ]}
        />
        <tbody>
          {days
            .map((day, i) => (
              <tr key={day.day}>
                <th scope="row">{format.date(day.day)}</th>
                <td className={`${page.end} num`}>{format.number(day.entered)}</td>
                <td className={`${page.end} num`}>{format.number(day.left)}</td>
                <td className={`${page.end} num`}>{format.number(sizes[i] ?? 0)}</td>
              </tr>
            ))
            .reverse()}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function MoveTable({ moves }: { moves: SegmentMoves['data'] }) {
  return (
    <ScrollRegion className={classes.tall} label={t('segments.movesTable')}>
      <table className={page.table}>
        <TableHead columns={[t('segments.account'), t('segments.what'), t('segments.at')]} />
        <tbody>
          {moves.map(move => (
            <tr key={`${move.account_id} ${move.at}`}>
              <th scope="row">
                <Link to="/accounts/$accountId" params={{ accountId: move.account_id }} className={page.name}>
                  {move.account_name}
                </Link>
              </th>
              <td>
                {move.entered ? t('segments.entered') : t('segments.left')}
                {move.backfilled && <span className="dim"> · {t('segments.backfilled')}</span>}
              </td>
              <td className="dim">
                <When at={move.at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function Chart({ days, sizes }: { days: readonly Day[]; sizes: readonly number[] }) {
  const format = useFormat();
  const [index, setIndex] = useState<number | null>(null);
  const times = useMemo(() => days.map(({ day }) => Date.parse(`${day}T00:00:00Z`) / 1000), [days]);
  const series = useMemo(
    () => [{ values: [...sizes], color: '--accent', stepped: true, fill: true }],
    [sizes],
  );
  const at = index ?? days.length - 1;
  const day = days[at];
  return (
    <>
      <p className={classes.readout}>
        <strong className="num">{format.number(sizes[at] ?? 0)}</strong>
        <span className="dim num">{day && format.date(day.day)}</span>
        {day && (day.entered > 0 || day.left > 0) && (
          <span className="dim num">
            {format.number(day.entered)} {t('segments.entered')}, {format.number(day.left)}{' '}
            {t('segments.left')}
          </span>
        )}
      </p>
      <LazyChart
        label={t('segments.movesLine')}
        times={times}
        series={series}
        height={150}
        low={0}
        timeZone="UTC"
        onPoint={setIndex}
      />
    </>
  );
}

interface Props {
  name: string;
  accounts: number;
  days: string;
  onDays: (days: string) => void;
}

export function Moves({ name, accounts, days, onDays }: Props) {
  const format = useFormat();
  const moves = useMoves(name, Number(days));
  const [asTable, setAsTable] = useState(false);
  const found = moves.data;
  const sizes = useMemo(() => (found ? sizesOf(found.days, accounts) : []), [found, accounts]);
  const sum = (key: 'entered' | 'left') => found?.days.reduce((all, day) => all + day[key], 0) ?? 0;
  return (
    <Panel
      id="moves-title"
      title={t('segments.moves')}
      aside={
        <span className={page.tools}>
          <Menu position="bottom-end">
            <Menu.Target>
              <Button size="compact-xs" variant="default" rightSection={<Icon name="down" size={12} />}>
                {t('segments.days', { count: Number(days) })}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {RANGES.map(value => (
                <Menu.RadioItem
                  key={value}
                  value={value}
                  checked={value === days}
                  onClick={() => onDays(value)}
                >
                  {t('segments.days', { count: Number(value) })}
                </Menu.RadioItem>
              ))}
            </Menu.Dropdown>
          </Menu>
          <Button
            size="compact-xs"
            variant="subtle"
            aria-pressed={asTable}
            onClick={() => setAsTable(!asTable)}
          >
            {asTable ? t('chart.asChart') : t('chart.asTable')}
          </Button>
        </span>
      }
    >
      {moves.isPending && <LoadingLines lines={8} />}
      {moves.error && <QueryFailure error={moves.error} onRetry={() => void moves.refetch()} />}
      {found && (
        <>
          <p className={page.note}>
            {t('segments.movesLead', {
              days: format.number(found.days.length),
              entered: format.number(sum('entered')),
              left: format.number(sum('left')),
            })}{' '}
            {found.at_least && t('segments.movesCut')}
          </p>
          {asTable ? <DayTable days={found.days} sizes={sizes} /> : <Chart days={found.days} sizes={sizes} />}
          {found.data.length === 0 ? (
            <p className={page.note}>{t('segments.movesNone')}</p>
          ) : (
            <MoveTable moves={found.data} />
          )}
        </>
      )}
    </Panel>
  );
}
