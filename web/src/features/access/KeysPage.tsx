// What programs show to act as a user: made, listed and revoked.  Admins see everybody's.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { ApiKey } from '@/api/types';
import { QueryFailure, useCan, useFormat, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { useTitle } from '@/lib/title';
import { AskFirst } from '@/ui/AskFirst';
import { DataTable } from '@/ui/DataTable';
import { Icon } from '@/ui/Icon';
import page from '@/ui/page.module.css';
import { say } from '@/ui/say';
import { Empty, LoadingLines } from '@/ui/states';
import classes from './access.module.css';
import { CreateKey } from './CreateKey';
import { useApiKeys, useRevokeKey } from './queries';

function Ends({ at }: { at: string | null }) {
  const { now } = useFormat();
  if (at === null) return <span className="dim">{t('access.keys.neverExpires')}</span>;
  if (Date.parse(at) <= Math.max(now, Date.now())) return <strong>{t('access.keys.expired')}</strong>;
  return <When at={at} />;
}

function KeyLine({ apiKey, onRevoke }: { apiKey: ApiKey; onRevoke: () => void }) {
  const role = t(`users.role.${apiKey.user.role}`);
  return (
    <tr>
      <th scope="row">{apiKey.name}</th>
      <td className={`mono dim ${classes.roomy}`}>…{apiKey.hint.replace(/^…/, '')}</td>
      <td className={classes.roomy}>{apiKey.may_write ? t('access.keys.write') : t('access.keys.read')}</td>
      <td className={classes.roomy}>{t('access.keys.asRole', { name: apiKey.user.name, role })}</td>
      <td className={classes.roomy}>
        <When at={apiKey.created_at} />
      </td>
      <td>
        {apiKey.last_used_at ? (
          <When at={apiKey.last_used_at} />
        ) : (
          <span className="dim">{t('access.keys.neverUsed')}</span>
        )}
      </td>
      <td className={classes.roomy}>
        <Ends at={apiKey.expires_at} />
      </td>
      <td className={page.end}>
        <Button
          size="compact-xs"
          variant="default"
          onClick={onRevoke}
          aria-label={t('access.keys.revokeOf', { name: apiKey.name })}
        >
          {t('access.keys.revoke')}
        </Button>
      </td>
    </tr>
  );
}

const HEADS = ['name', 'hint', 'may', 'by', 'created', 'used', 'expires'] as const;
/** Columns that a phone has room for. */
const NARROW: ReadonlySet<string> = new Set(['name', 'used']);

function KeyTable({ keys, onRevoke }: { keys: ApiKey[]; onRevoke: (key: ApiKey) => void }) {
  return (
    <DataTable boxed className={classes.table} label={t('access.keys.table')}>
      <thead>
        <tr>
          {HEADS.map(head => (
            <th key={head} scope="col" className={NARROW.has(head) ? '' : classes.roomy}>
              {t(`access.keys.column.${head}`)}
            </th>
          ))}
          <th scope="col" className={page.end}>
            <span className="sr-only">{t('access.keys.revoke')}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map(key => (
          <KeyLine key={key.id} apiKey={key} onRevoke={() => onRevoke(key)} />
        ))}
      </tbody>
    </DataTable>
  );
}

/** A revoked key does not come back: this is asked first. */
function Revoke({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const revoke = useRevokeKey();
  const run = () =>
    revoke.mutate(apiKey.id, {
      onSuccess: () => {
        say(t('access.keys.revoked', { name: apiKey.name }));
        onClose();
      },
    });
  return (
    <AskFirst
      title={t('access.keys.revokeTitle', { name: apiKey.name })}
      keep={t('access.keys.cancel')}
      run={t('access.keys.revokeDo')}
      isRunning={revoke.isPending}
      onRun={run}
      onClose={onClose}
    >
      <p>{t('access.keys.revokeHelp')}</p>
      {revoke.error && <QueryFailure error={revoke.error} />}
    </AskFirst>
  );
}

export function KeysPage() {
  useTitle(t('access.keys.title'));
  const administers = useCan('administer');
  const keys = useApiKeys();
  const [open, setOpen] = useState<'new' | ApiKey | null>(null);
  const close = () => setOpen(null);
  return (
    <section className={page.page} aria-label={t('access.keys.title')}>
      <header className={classes.header}>
        <h1>{t('access.keys.title')}</h1>
        <Button size="xs" leftSection={<Icon name="plus" size={14} />} onClick={() => setOpen('new')}>
          {t('access.keys.create')}
        </Button>
      </header>
      <p className={`dim ${classes.help}`}>
        {t('access.keys.help')} {administers && t('access.keys.helpAll')}
      </p>
      {keys.isPending && <LoadingLines lines={4} />}
      {keys.error && <QueryFailure error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.data?.length === 0 && (
        <Empty title={t('access.keys.none')}>
          <p>{t('access.keys.noneHelp')}</p>
          <Button size="xs" mt={12} onClick={() => setOpen('new')}>
            {t('access.keys.createFirst')}
          </Button>
        </Empty>
      )}
      {keys.data && keys.data.length > 0 && <KeyTable keys={keys.data} onRevoke={setOpen} />}
      {open === 'new' && <CreateKey onClose={close} />}
      {open !== null && open !== 'new' && <Revoke apiKey={open} onClose={close} />}
    </section>
  );
}
