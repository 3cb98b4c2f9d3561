// Whose score moved most, each with its reasons.  The order stays while one reads; a button brings the
// new one.
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Migration, Mover } from '@/api/types';
import { HealthShape, movers as reasonsOf, Trend, useHealth, words } from '@/features/health';
import { useFormat } from '@/features/session';
import { useAsOf } from '@/lib/asOf';
import { t } from '@/lib/i18n';
import page from '@/ui/page.module.css';
import classes from './PortfolioPage.module.css';
import type { Range } from './search';

function Reasons({ mover, since, at }: { mover: Mover; since: string; at: string | undefined }) {
  const format = useFormat();
  const health = useHealth(mover.id, since, at);
  if (health.isPending) return <span className="dim">{t('portfolio.reading')}</span>;
  const causes = reasonsOf(health.data?.items ?? [], 3).filter(
    item => Math.sign(item.change ?? 0) === Math.sign(mover.change),
  );
  if (causes.length === 0) return <span className="dim">{t('portfolio.unexplained')}</span>;
  return <>{causes.map(item => `${words(item.name)} ${format.signedPoints(item.change ?? 0)}`).join(', ')}</>;
}

function Row({ mover, migration, range }: { mover: Mover; migration: Migration; range: Range }) {
  const format = useFormat();
  const isPast = useAsOf() !== undefined;
  return (
    <li className={classes.mover}>
      <HealthShape shade={mover.is} />
      <Link
        to="/accounts/$accountId"
        params={{ accountId: mover.id }}
        search={{ since: range.from, ...(range.to ? { to: range.to } : {}) }}
        className={classes.name}
      >
        {mover.name}
      </Link>
      <span className="dim num">{mover.arr ? format.moneyShort(mover.arr) : ''}</span>
      <Trend
        points={mover.change}
        title={t('portfolio.from', {
          was: format.points(mover.points_was),
          is: format.points(mover.points),
        })}
      />
      <span className={classes.reasons}>
        <Reasons mover={mover} since={migration.from} at={range.to || isPast ? migration.to : undefined} />
      </span>
    </li>
  );
}

interface ListProps {
  title: string;
  none: string;
  list: Mover[];
  migration: Migration;
  range: Range;
}

function List({ title, none, list, migration, range }: ListProps) {
  return (
    <div>
      <h3>{title}</h3>
      {list.length === 0 && <p className={page.note}>{none}</p>}
      <ul className={classes.movers} aria-label={title}>
        {list.map(mover => (
          <Row key={mover.id} mover={mover} migration={migration} range={range} />
        ))}
      </ul>
    </div>
  );
}

const idsOf = (list: readonly Mover[]) => list.map(mover => mover.id).join();

export function Movers({ migration, range }: { migration: Migration; range: Range }) {
  const [held, setHeld] = useState(migration);
  /** The order that is held, with the newest figures where there are any. */
  const shown = (key: 'fallers' | 'risers') =>
    held[key].map(mover => migration[key].find(one => one.id === mover.id) ?? mover);
  const moved =
    idsOf(held.fallers) !== idsOf(migration.fallers) || idsOf(held.risers) !== idsOf(migration.risers);
  return (
    <section className={page.panel} aria-labelledby="movers-title">
      <header className={classes.panelHead}>
        <h2 id="movers-title">{t('portfolio.movers')}</h2>
        {moved && (
          <Button size="compact-xs" variant="light" onClick={() => setHeld(migration)}>
            {t('portfolio.updates')}
          </Button>
        )}
      </header>
      <List
        title={t('portfolio.fell')}
        none={t('portfolio.fellNone')}
        list={shown('fallers')}
        migration={held}
        range={range}
      />
      <List
        title={t('portfolio.rose')}
        none={t('portfolio.roseNone')}
        list={shown('risers')}
        migration={held}
        range={range}
      />
    </section>
  );
}
