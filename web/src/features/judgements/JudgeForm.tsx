// Saying how a customer feels, or setting a score by hand: value, reason, and until when.
import { Button, Modal, NumberInput, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { JudgementKind } from '@/api/types';
import { QueryFailure, useFormat } from '@/features/session';
import { nextDay } from '@/lib/days';
import { t } from '@/lib/i18n';
import classes from './Judgements.module.css';
import { useJudge } from './queries';

const FEELINGS = ['0', '25', '50', '75', '100'] as const;
const LASTS_DAYS: Record<JudgementKind, number> = { sentiment: 90, override: 30 };
const DAY_MS = 86_400_000;
const LONGEST_DAYS = 365;

interface Props {
  accountId: string;
  kind: JudgementKind;
  /** The computed score, which an override begins with. */
  points: number | null;
  onClose: () => void;
}

export function JudgeForm({ accountId, kind, points, onClose }: Props) {
  const { day, dayStart, now } = useFormat();
  const judge = useJudge(accountId);
  const [value, setValue] = useState(kind === 'sentiment' ? 50 : Math.round(points ?? 50));
  const [reason, setReason] = useState('');
  const ahead = (days: number) => day(now + days * DAY_MS);
  const [until, setUntil] = useState(ahead(LASTS_DAYS[kind]));

  const save = (event: FormEvent) => {
    event.preventDefault();
    judge.mutate(
      { kind, value, reason, until: new Date(dayStart(nextDay(until))).toISOString() },
      { onSuccess: onClose },
    );
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={t(`judgement.form.${kind}`)}
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      <form className={classes.form} onSubmit={save}>
        {kind === 'sentiment' ? (
          <SegmentedControl
            fullWidth
            aria-label={t('judgement.value.sentiment')}
            value={String(value)}
            onChange={text => setValue(Number(text))}
            data={FEELINGS.map(feeling => ({ value: feeling, label: t(`judgement.feeling.${feeling}`) }))}
          />
        ) : (
          <NumberInput
            label={t('judgement.value.override')}
            description={t('portfolio.scale')}
            min={0}
            max={100}
            allowDecimal={false}
            value={value}
            onChange={next => setValue(Number(next))}
          />
        )}
        <Textarea
          label={t('judgement.reason')}
          required
          autosize
          minRows={2}
          maxLength={900}
          value={reason}
          onChange={event => setReason(event.currentTarget.value)}
        />
        <TextInput
          type="date"
          required
          label={t('judgement.until')}
          description={t(`judgement.untilWhy.${kind}`)}
          min={ahead(0)}
          max={ahead(LONGEST_DAYS)}
          value={until}
          onChange={event => setUntil(event.currentTarget.value)}
        />
        {judge.error && <QueryFailure error={judge.error} />}
        <Button type="submit" loading={judge.isPending} disabled={reason.trim() === '' || until === ''}>
          {t('judgement.save')}
        </Button>
      </form>
    </Modal>
  );
}
