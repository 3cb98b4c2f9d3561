// What to test: a version of the program, another one beside it, and what counts as known.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Backtest, BacktestAsk } from '@/api/types';
import { t } from '@/lib/i18n';
import page from '@/ui/page.module.css';
import { Choice } from './Choice';
import { useTestable } from './queries';

const NONE = 'none';
type Basis = 'known' | 'true';

interface Props {
  disabled: boolean;
  isAsking: boolean;
  /** What is shown: the bar begins with what it asked. */
  run: Backtest | undefined;
  onAsk: (ask: BacktestAsk) => void;
}

export function AskBar({ disabled, isAsking, run, onAsk }: Props) {
  const versions = useTestable().data ?? [];
  const active = versions.find(one => one.is_active)?.version;
  const [version, setVersion] = useState<string | null>(null);
  const [against, setAgainst] = useState<string | null>(null);
  const [basis, setBasis] = useState<Basis | null>(null);
  const choices = versions.map(one => ({
    value: String(one.version),
    label: t(one.is_active ? 'backtest.ask.active' : 'backtest.ask.versionOf', { version: one.version }),
    note: one.note,
  }));
  const tested = version ?? String(run?.version ?? active ?? '');
  const beside = against ?? (run?.against ? String(run.against) : NONE);
  const known = basis ?? run?.basis ?? 'known';
  const ask = () =>
    onAsk({
      ...(tested ? { version: Number(tested) } : {}),
      ...(beside === NONE ? {} : { against: Number(beside) }),
      basis: known,
    });
  return (
    <div className={page.tools}>
      <Choice label={t('backtest.ask.version')} value={tested} choices={choices} onChange={setVersion} />
      <Choice
        label={t('backtest.ask.against')}
        value={beside}
        choices={[{ value: NONE, label: t('backtest.ask.alone') }, ...choices]}
        onChange={setAgainst}
      />
      <Choice
        label={t('backtest.ask.basis')}
        value={known}
        choices={[
          { value: 'known', label: t('backtest.ask.known'), note: t('backtest.ask.knownWhy') },
          { value: 'true', label: t('backtest.ask.true'), note: t('backtest.ask.trueWhy') },
        ]}
        onChange={value => setBasis(value as Basis)}
      />
      <Button size="xs" disabled={disabled} loading={isAsking} onClick={ask}>
        {t('backtest.ask.run')}
      </Button>
    </div>
  );
}
