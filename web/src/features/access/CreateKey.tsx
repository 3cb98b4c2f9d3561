// A new API key.  Its secret is shown here, once, and nowhere else again.
import { Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { QueryFailure } from '@/features/session';
import { t } from '@/lib/i18n';
import { CopyBlock } from '@/ui/CopyText';
import classes from './access.module.css';
import { useCreateKey } from './queries';

const NAME_MAX = 200;
const DAY_MS = 86_400_000;
const LIVES = ['90', '30', '365', 'never'] as const;

function lifeLabel(life: (typeof LIVES)[number]): string {
  if (life === 'never') return t('access.keys.expires.never');
  return life === '365' ? t('access.keys.expires.year') : t('access.keys.expires.days', { days: life });
}

/** A request that shows whether the key works. */
export function curlLine(origin: string, secret: string): string {
  return `curl '${origin}/api/v1/accounts?limit=5' -H 'Authorization: Bearer ${secret}'`;
}

function Made({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <div className={classes.form}>
      <p role="status">{t('access.keys.once')}</p>
      <CopyBlock text={secret} label={t('access.keys.key')} />
      <CopyBlock text={curlLine(location.origin, secret)} label={t('access.keys.try')} />
      <Button onClick={onClose} data-autofocus>
        {t('access.keys.kept')}
      </Button>
    </div>
  );
}

export function CreateKey({ onClose }: { onClose: () => void }) {
  const create = useCreateKey();
  const [name, setName] = useState('');
  const [may, setMay] = useState('read');
  const [life, setLife] = useState<string>(LIVES[0]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const end = life === 'never' ? null : new Date(Date.now() + Number(life) * DAY_MS).toISOString();
    create.mutate({ name: name.trim(), may_write: may === 'write', expires_at: end });
  };
  const secret = create.data?.secret;
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('access.keys.create')}
      closeOnClickOutside={!secret}
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      {secret ? (
        <Made secret={secret} onClose={onClose} />
      ) : (
        <form className={classes.form} onSubmit={submit}>
          <TextInput
            label={t('access.keys.nameLabel')}
            description={t('access.keys.nameHelp')}
            value={name}
            onChange={event => setName(event.currentTarget.value)}
            maxLength={NAME_MAX}
            required
            withAsterisk={false}
            data-autofocus
          />
          <NativeSelect
            label={t('access.keys.mayLabel')}
            value={may}
            onChange={event => setMay(event.currentTarget.value)}
            data={(['read', 'write'] as const).map(value => ({ value, label: t(`access.keys.${value}`) }))}
          />
          <NativeSelect
            label={t('access.keys.expiresLabel')}
            value={life}
            onChange={event => setLife(event.currentTarget.value)}
            data={LIVES.map(value => ({ value, label: lifeLabel(value) }))}
          />
          {create.error && <QueryFailure error={create.error} />}
          <Button type="submit" loading={create.isPending} disabled={name.trim() === ''}>
            {t('access.keys.createDo')}
          </Button>
        </form>
      )}
    </Modal>
  );
}
