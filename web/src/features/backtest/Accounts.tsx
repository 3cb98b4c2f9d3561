// Each account that left, with the score that was shown at 180, 90 and 30 days before.
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { BacktestAccount, BacktestReport } from '@/api/types';
import { HealthShape } from '@/features/health';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';

const FEW = 30;
const HEADLINE = 1; /* 90 days before */

type Instant = BacktestAccount['at'][number];

function Then({ at }: { at: Instant | undefined }) {
  if (!at || at.points === null || at.colour === null) {
    return (
      <span className={page.shade}>
        <HealthShape shade="none" size={10} />
        <span className="dim">{t('backtest.accounts.noScore')}</span>
      </span>
    );
  }
  return (
    <span className={page.shade}>
      <HealthShape shade={at.colour} size={10} />
      <span className="num">{at.points}</span>
      <span className="dim">{t(`health.band.${at.colour}`)}</span>
    </span>
  );
}

interface RowProps {
  account: BacktestAccount;
  /** The same account by the second version. */
  other: BacktestAccount | undefined;
  isPair: boolean;
  currency: string;
}

function Row({ account, other, isPair, currency }: RowProps) {
  const format = useFormat();
  const { id, name, left_on, at, warned } = account;
  return (
    <tr>
      <th scope="row">
        <Link to="/accounts/$accountId" params={{ accountId: id }} className={page.name}>
          {name}
        </Link>
      </th>
      <td className="num">{format.date(left_on)}</td>
      {at.map((instant, i) => [
        <td key={instant.days}>
          <Then at={instant} />
        </td>,
        isPair && (
          <td key={`${instant.days} other`}>
            <Then at={other?.at[i]} />
          </td>
        ),
      ])}
      <td className={`${page.end} num`}>
        {at[HEADLINE]?.arr ? format.majorShort(at[HEADLINE].arr, currency) : '–'}
      </td>
      <td className={`${page.end} num`}>
        {warned === null
          ? t('backtest.accounts.unwarned')
          : t('backtest.accounts.warnedDays', { count: warned })}
      </td>
    </tr>
  );
}

export function Accounts({ reports, currency }: { reports: readonly BacktestReport[]; currency: string }) {
  const [all, setAll] = useState(false);
  const [first, second] = reports;
  if (!first || first.accounts.length === 0) return null;
  const others = new Map(second?.accounts.map(one => [one.id, one]));
  const shown = all ? first.accounts : first.accounts.slice(0, FEW);
  const days = first.horizons.map(one => one.days);
  const before = days.flatMap(count =>
    second
      ? [first, second].map(({ version }) =>
          t('backtest.accounts.beforeOf', { days: count, version: version ?? '–' }),
        )
      : [t('backtest.accounts.before', { days: count })],
  );
  const title = t('backtest.accounts.title');
  return (
    <Panel id="backtest-accounts" title={title}>
      <DataTable
        label={t('table.of', { title })}
        columns={[
          t('backtest.accounts.name'),
          t('backtest.accounts.left'),
          ...before,
          { end: t('backtest.accounts.arr') },
          { end: t('backtest.accounts.warned') },
        ]}
      >
        <tbody>
          {shown.map(account => (
            <Row
              key={account.id}
              account={account}
              other={others.get(account.id)}
              isPair={second !== undefined}
              currency={currency}
            />
          ))}
        </tbody>
      </DataTable>
      {first.accounts.length > FEW && (
        <Button size="compact-xs" variant="subtle" mt={8} onClick={() => setAll(!all)}>
          {all ? t('backtest.accounts.fewer') : t('backtest.accounts.all', { count: first.accounts.length })}
        </Button>
      )}
    </Panel>
  );
}
