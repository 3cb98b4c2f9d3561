// Where events come from: each source's key, what arrives, and what was rejected and why.
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Source } from '@/api/types';
import { useDemo } from '@/features/demo';
import { QueryFailure, useCan, useFormat, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { useTitle } from '@/lib/title';
import { DataTable } from '@/ui/DataTable';
import { Icon } from '@/ui/Icon';
import page from '@/ui/page.module.css';
import { Sparkline } from '@/ui/Sparkline';
import { Empty, LoadingLines } from '@/ui/states';
import { CreateSource } from './CreateSource';
import { useSources } from './queries';
import { Rejections } from './Rejections';
import { RevokeSource } from './RevokeSource';
import { Snippets } from './Snippets';
import classes from './SourcesPage.module.css';
import { keyWithHint } from './snippets';

interface RowProps {
  source: Source;
  selected: boolean;
  /** Who may not revoke it has none. */
  onRevoke: ((source: Source) => void) | undefined;
}

function SourceRow({ source, selected, onRevoke }: RowProps) {
  const format = useFormat();
  const lastHour = source.per_minute.reduce((sum, count) => sum + count, 0);
  return (
    <tr data-selected={selected}>
      <th scope="row">
        <Link to="/sources" search={{ source: source.id }} className={page.name} aria-current={selected}>
          {source.name}
        </Link>
      </th>
      <td className={`mono dim ${classes.roomy}`}>…{source.write_key_hint.replace(/^…/, '')}</td>
      <td>
        <span className={classes.arrives}>
          <span className={classes.roomy}>
            <Sparkline values={source.per_minute} width={150} height={22} low={0} bars />
          </span>
          <span className="num">{t('sources.lastHour', { shown: format.compact(lastHour) })}</span>
        </span>
      </td>
      <td>
        {source.last_event_at ? (
          <When at={source.last_event_at} />
        ) : (
          <span className="dim">{t('sources.never')}</span>
        )}
      </td>
      <td className={`num ${page.end}`}>{format.number(source.events_total)}</td>
      <td className={`num ${page.end} ${classes.roomy}`}>{format.number(source.duplicates_total)}</td>
      <td className={`num ${page.end}`} data-rejected={source.rejected_total > 0}>
        {format.number(source.rejected_total)}
      </td>
      {onRevoke && (
        <td className={page.end}>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => onRevoke(source)}
            aria-label={t('sources.revokeOf', { name: source.name })}
          >
            {t('sources.revoke')}
          </Button>
        </td>
      )}
    </tr>
  );
}

/** Columns that a phone leaves out. */
const ROOMY: ReadonlySet<string> = new Set(['key', 'duplicates']);

interface TableProps {
  sources: Source[];
  selected: string | undefined;
  onRevoke: RowProps['onRevoke'];
}

function SourceTable({ sources, selected, onRevoke }: TableProps) {
  const heads = ['name', 'key', 'arrives', 'last', 'events', 'duplicates', 'rejected'] as const;
  return (
    <DataTable boxed className={classes.table} label={t('sources.table')}>
      <thead>
        <tr>
          {heads.map((head, i) => (
            <th
              key={head}
              scope="col"
              title={i > 3 ? t('sources.sinceStart') : undefined}
              className={`${i > 3 ? page.end : ''} ${ROOMY.has(head) ? classes.roomy : ''}`}
            >
              {t(`sources.column.${head}`)}
            </th>
          ))}
          {onRevoke && (
            <th scope="col" className={page.end}>
              <span className="sr-only">{t('sources.revoke')}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {sources.map(source => (
          <SourceRow key={source.id} source={source} selected={source.id === selected} onRevoke={onRevoke} />
        ))}
      </tbody>
    </DataTable>
  );
}

function NoSources({ onCreate }: { onCreate: () => void }) {
  return (
    <Empty title={t('sources.none')}>
      <p>{t('sources.noneHelp')}</p>
      <Button size="xs" mt={12} onClick={onCreate}>
        {t('sources.createFirst')}
      </Button>
    </Empty>
  );
}

export function SourcesPage({ selected }: { selected: string | undefined }) {
  useTitle(t('sources.title'));
  const operates = useCan('operate');
  const { data: demo } = useDemo();
  const sources = useSources();
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Source | null>(null);
  const [fresh, setFresh] = useState<{ id: string; key: string } | null>(null);
  const current = sources.data?.find(source => source.id === selected) ?? sources.data?.[0];

  return (
    <section className={`${page.page} ${classes.page}`} aria-label={t('sources.title')}>
      <header className={classes.header}>
        <h1>{t('sources.title')}</h1>
        {operates && (
          <Button size="xs" leftSection={<Icon name="plus" size={14} />} onClick={() => setCreating(true)}>
            {t('sources.create')}
          </Button>
        )}
      </header>
      {sources.isPending && <LoadingLines lines={4} />}
      {sources.error && <QueryFailure error={sources.error} onRetry={() => void sources.refetch()} />}
      {sources.data?.length === 0 && <NoSources onCreate={() => setCreating(true)} />}
      {sources.data && sources.data.length > 0 && (
        <SourceTable
          sources={sources.data}
          selected={current?.id}
          onRevoke={operates ? setRevoking : undefined}
        />
      )}
      {current && (
        <div className={classes.two}>
          <Rejections key={current.id} source={current} />
          <Snippets
            source={current}
            writeKey={
              current.id === fresh?.id ? fresh.key : keyWithHint(demo?.write_key, current.write_key_hint)
            }
          />
        </div>
      )}
      {revoking && <RevokeSource source={revoking} onClose={() => setRevoking(null)} />}
      <CreateSource
        opened={creating}
        onClose={() => setCreating(false)}
        onCreated={source => source.write_key && setFresh({ id: source.id, key: source.write_key })}
      />
    </section>
  );
}
