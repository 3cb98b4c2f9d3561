// Whether an account left, on its page: the day and why, and marking it.
import { Button, Modal, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { QueryFailure, useCan, useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { sayFailure } from '@/ui/say';
import classes from './DepartureFact.module.css';
import { useDeparture, useMark, useUnmark } from './queries';

interface FormProps {
  id: string;
  name: string;
  left_on: string | null;
  reason: string;
  onClose: () => void;
}

function MarkForm({ id, name, left_on, reason: was, onClose }: FormProps) {
  const { day, now } = useFormat();
  const mark = useMark();
  const [left, setLeft] = useState(left_on ?? day(now || Date.now()));
  const [reason, setReason] = useState(was);
  const save = (event: FormEvent) => {
    event.preventDefault();
    mark.mutate({ id, left_on: left, reason }, { onSuccess: onClose });
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('departure.form', { name })}
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      <form className={classes.form} onSubmit={save}>
        <TextInput
          type="date"
          required
          label={t('departure.day')}
          description={t('departure.why')}
          max={day(Date.now())}
          value={left}
          onChange={event => setLeft(event.currentTarget.value)}
        />
        <TextInput
          label={t('departure.reason')}
          maxLength={200}
          value={reason}
          onChange={event => setReason(event.currentTarget.value)}
        />
        {mark.error && <QueryFailure error={mark.error} />}
        <Button type="submit" loading={mark.isPending} disabled={left === ''}>
          {t('departure.save')}
        </Button>
      </form>
    </Modal>
  );
}

export function DepartureFact({ id, name }: { id: string; name: string }) {
  const format = useFormat();
  const mayWrite = useCan('write');
  const departure = useDeparture(id).data;
  const unmark = useUnmark();
  const [marking, setMarking] = useState(false);
  if (!departure) return '–';
  const { left_on, reason } = departure;
  return (
    <span className={classes.line}>
      {left_on ? (
        <span title={reason || undefined}>
          {format.date(left_on)}
          {reason && <span className="dim">, {reason}</span>}
        </span>
      ) : (
        !mayWrite && '–'
      )}
      {mayWrite && (
        <Button size="compact-xs" variant="subtle" onClick={() => setMarking(true)}>
          {left_on ? t('departure.change') : t('departure.mark')}
        </Button>
      )}
      {mayWrite && left_on && (
        <Button
          size="compact-xs"
          variant="subtle"
          loading={unmark.isPending}
          aria-label={t('departure.unmarkOf', { name })}
          onClick={() => unmark.mutate(id, { onError: sayFailure })}
        >
          {t('departure.unmark')}
        </Button>
      )}
      {marking && (
        <MarkForm id={id} name={name} left_on={left_on} reason={reason} onClose={() => setMarking(false)} />
      )}
    </span>
  );
}
