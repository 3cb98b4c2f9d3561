// A new source.  Its write key is shown here, once, and nowhere else again.
import { Button, Modal, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { CreatedSource } from '@/api/types';
import { QueryFailure } from '@/features/session';
import { t } from '@/lib/i18n';
import { CopyBlock } from '@/ui/CopyText';
import { useCreateSource } from './queries';
import classes from './SourcesPage.module.css';

interface Props {
  opened: boolean;
  onClose: () => void;
  onCreated: (source: CreatedSource) => void;
}

export function CreateSource({ opened, onClose, onCreated }: Props) {
  const create = useCreateSource();
  const [name, setName] = useState('');
  const close = () => {
    onClose();
    setName('');
    create.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(name.trim(), { onSuccess: onCreated });
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t('sources.create')}
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      {create.data ? (
        <div className={classes.form}>
          <p>{t('sources.keyOnce')}</p>
          <CopyBlock text={create.data.write_key ?? ''} label={t('sources.column.key')} />
          <Button onClick={close}>{t('sources.keyKept')}</Button>
        </div>
      ) : (
        <form className={classes.form} onSubmit={submit}>
          <TextInput
            label={t('sources.nameLabel')}
            description={t('sources.nameHelp')}
            value={name}
            onChange={event => setName(event.currentTarget.value)}
            required
            withAsterisk={false}
            data-autofocus
          />
          {create.error && <QueryFailure error={create.error} />}
          <Button type="submit" loading={create.isPending} disabled={name.trim() === ''}>
            {t('sources.createDo')}
          </Button>
        </form>
      )}
    </Modal>
  );
}
