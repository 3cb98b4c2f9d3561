// What to compare: two versions, over which days, of whose accounts.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Comparison, ComparisonAsk } from '@/api/types';
import { useSegmentBoard } from '@/features/segments';
import { useFormat, useUsers } from '@/features/session';
import { t } from '@/lib/i18n';
import page from '@/ui/page.module.css';
import { Choice } from './Choice';
import { useTestable } from './queries';
import type { ComparisonSearch } from './search';

const DAY_MS = 86_400_000;
const SPANS = ['30', '90', '180', '365'] as const;
const WEEKS_FROM = 180;
const ALL = 'all';
const DRAFT = 'draft';

interface Props {
  search: ComparisonSearch;
  disabled: boolean;
  isAsking: boolean;
  /** What is shown: the bar begins with what it asked. */
  run: Comparison | undefined;
  onAsk: (ask: ComparisonAsk) => void;
}

/** Everybody, a segment, or what one CSM owns: as the value of a choice. */
function useWhose() {
  const board = useSegmentBoard().data;
  const users = useUsers().data ?? [];
  const segments = board?.data.filter(set => set.kind === 'segment') ?? [];
  return [
    { value: ALL, label: t('comparison.whose.all') },
    ...segments.map(({ name }) => ({
      value: `segment ${name}`,
      label: t('comparison.whose.segment', { name }),
    })),
    ...users.map(({ id, name }) => ({ value: `owner ${id}`, label: t('comparison.whose.owner', { name }) })),
  ];
}

const whoseOf = (run: Comparison | undefined): string =>
  run?.segment ? `segment ${run.segment}` : run?.owner_id ? `owner ${run.owner_id}` : ALL;

const spanOf = (run: Comparison | undefined): string => {
  const days = run ? Math.round((Date.parse(run.to) - Date.parse(run.from)) / DAY_MS) : 90;
  return SPANS.find(span => Number(span) >= days) ?? '365';
};

export function CompareBar({ search, disabled, isAsking, run, onAsk }: Props) {
  const format = useFormat();
  const versions = useTestable().data ?? [];
  const whoseChoices = useWhose();
  const active = versions.find(one => one.is_active)?.version;
  const [chosen, setChosen] = useState<{ version?: string; against?: string }>({});
  const [span, setSpan] = useState<string | null>(null);
  const [whose, setWhose] = useState<string | null>(null);
  const [basis, setBasis] = useState<string | null>(null);
  const choices = versions.map(one => ({
    value: String(one.version),
    label: t(one.is_active ? 'backtest.ask.active' : 'backtest.ask.versionOf', { version: one.version }),
    note: one.note,
  }));
  const isOfDraft = run?.version === null;
  const draft = { value: DRAFT, label: t('comparison.draft'), note: t('comparison.draftWhy') };
  const version =
    chosen.version ?? search.version ?? (isOfDraft ? DRAFT : String(run?.version ?? active ?? ''));
  const usual = Number(version) === active ? Number(version) - 1 : active;
  const against = chosen.against ?? search.against ?? String(run?.against ?? (usual || version));
  const days = span ?? spanOf(run);
  const theirs = whose ?? whoseOf(run);
  const known = basis ?? run?.basis ?? 'true';
  const ask = () => {
    const [kind, name = ''] = theirs.split(' ');
    onAsk({
      version: Number(version),
      against: Number(against),
      basis: known === 'known' ? 'known' : 'true',
      from: format.day(Date.now() - Number(days) * DAY_MS),
      to: format.day(Date.now()),
      step: Number(days) >= WEEKS_FROM ? 'week' : 'day',
      ...(kind === 'segment' ? { segment: name } : {}),
      ...(kind === 'owner' ? { owner_id: name } : {}),
    });
  };
  return (
    <div className={page.tools}>
      <Choice
        label={t('comparison.before')}
        value={against}
        choices={choices}
        onChange={value => setChosen({ ...chosen, against: value })}
      />
      <Choice
        label={t('comparison.after')}
        value={version}
        choices={isOfDraft ? [...choices, draft] : choices}
        onChange={value => setChosen({ ...chosen, version: value })}
      />
      <Choice
        label={t('comparison.span')}
        value={days}
        choices={SPANS.map(value => ({ value, label: t('comparison.days', { count: Number(value) }) }))}
        onChange={setSpan}
      />
      <Choice label={t('comparison.whose.label')} value={theirs} choices={whoseChoices} onChange={setWhose} />
      <Choice
        label={t('backtest.ask.basis')}
        value={known}
        choices={[
          { value: 'true', label: t('backtest.ask.true'), note: t('comparison.trueWhy') },
          { value: 'known', label: t('backtest.ask.known'), note: t('comparison.knownWhy') },
        ]}
        onChange={setBasis}
      />
      <Button
        size="xs"
        disabled={disabled || version === '' || version === DRAFT || against === ''}
        title={version === DRAFT ? draft.note : undefined}
        loading={isAsking}
        onClick={ask}
      >
        {t('comparison.run')}
      </Button>
    </div>
  );
}
