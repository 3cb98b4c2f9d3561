// Saying that somebody spoke with an account: how, on which day, with whom, and what asked for it.
import { Button, Modal, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { TouchCreate } from '@/api/types';
import { QueryFailure, useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { usePeople } from './queries';
import classes from './Records.module.css';
import { useTouch } from './touches';

const KINDS = ['call', 'meeting', 'visit', 'email', 'chat'] as const;
const TEXT_MAX = 900;

export function TouchForm({ accountId, onClose }: { accountId: string; onClose: () => void }) {
  const { day, dayStart, now } = useFormat();
  const today = day(now);
  const touch = useTouch(accountId);
  const people = (usePeople(accountId).data ?? []).filter(person => person.left_at === null);
  const [kind, setKind] = useState<TouchCreate['kind']>('call');
  const [on, setOn] = useState(today);
  const [person, setPerson] = useState('');
  const [note, setNote] = useState('');
  const [trigger, setTrigger] = useState('');

  const save = (event: FormEvent) => {
    event.preventDefault();
    touch.mutate(
      {
        kind,
        note,
        trigger,
        ...(person ? { person_id: person } : {}),
        // Today is now; another day counts from its beginning.
        ...(on === today ? {} : { at: new Date(dayStart(on)).toISOString() }),
      },
      { onSuccess: onClose },
    );
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('touches.add')}
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      <form className={classes.form} onSubmit={save}>
        <NativeSelect
          label={t('touches.kind')}
          value={kind}
          onChange={event => setKind(KINDS.find(name => name === event.currentTarget.value) ?? 'call')}
          data={KINDS.map(value => ({ value, label: t(`touches.kinds.${value}`) }))}
        />
        <TextInput
          type="date"
          required
          label={t('touches.at')}
          max={today}
          value={on}
          onChange={event => setOn(event.currentTarget.value)}
        />
        <NativeSelect
          label={t('touches.with')}
          value={person}
          onChange={event => setPerson(event.currentTarget.value)}
          data={[
            { value: '', label: t('touches.withNobody') },
            ...people.map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
        <Textarea
          label={t('touches.note')}
          autosize
          minRows={2}
          maxLength={TEXT_MAX}
          value={note}
          onChange={event => setNote(event.currentTarget.value)}
        />
        <TextInput
          label={t('touches.trigger')}
          description={t('touches.triggerWhy')}
          maxLength={TEXT_MAX}
          value={trigger}
          onChange={event => setTrigger(event.currentTarget.value)}
        />
        {touch.error && <QueryFailure error={touch.error} />}
        <Button type="submit" loading={touch.isPending} disabled={on === ''}>
          {t('touches.save')}
        </Button>
      </form>
    </Modal>
  );
}
