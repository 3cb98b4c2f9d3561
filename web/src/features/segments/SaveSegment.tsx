// Makes a segment of an overlap: a draft of the program, which is tried and applied like any other.
import { Button, Modal, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { SegmentBoard } from '@/api/types';
import { useDraftedRules } from '@/features/program';
import { QueryFailure, useCan } from '@/features/session';
import { t } from '@/lib/i18n';
import { usePhone } from '@/lib/screen';
import page from '@/ui/page.module.css';
import { LoadingLines } from '@/ui/states';
import classes from './Segments.module.css';
import { conditionOf, nameFor } from './sets';

interface Props {
  /** It is of the accounts that are in all of these and in none of those. */
  segments: readonly string[];
  without: readonly string[];
  board: SegmentBoard;
}

function Form({ segments, without, board }: Props) {
  const navigate = useNavigate();
  const { rules, error, retry } = useDraftedRules();
  const [typed, setTyped] = useState<string | null>(null);
  const [isLost, setLost] = useState(false);
  const condition = conditionOf(segments, without);
  if (error) return <QueryFailure error={error} onRetry={retry} />;
  if (!rules) return <LoadingLines lines={3} />;
  const isTaken = (one: string) => rules.isFault({ kind: 'segment', name: one });
  const name = typed ?? nameFor(segments, board.data, isTaken);
  const isFault = isTaken(name);
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (isFault) return;
    const placed = rules.add({ kind: 'segment', name, expression: condition });
    if (!placed) return setLost(true);
    const { file, line } = placed;
    void navigate({ to: '/program', search: { file, line: String(line), panel: 'changes' } });
  };
  return (
    <form className={classes.form} onSubmit={save}>
      <TextInput
        label={t('segments.save.name')}
        value={name}
        onChange={event => setTyped(event.currentTarget.value)}
        error={isFault ? t('segments.save.fault') : undefined}
        data-autofocus
      />
      <p className={classes.rule}>
        <span className="dim">{t('segments.rule')}</span> <code>{condition}</code>
      </p>
      <p className={page.note}>{t(rules.isDraft ? 'segments.save.more' : 'segments.save.help')}</p>
      {isLost && <p role="alert">{t('segments.save.lost')}</p>}
      <Button type="submit" disabled={isFault} w="fit-content">
        {t('segments.save.go')}
      </Button>
    </form>
  );
}

/** Only for those who may try a program, and where there is room to: a phone cannot apply a draft. */
export function SaveButton(props: Props) {
  const mayTry = useCan('try');
  const isPhone = usePhone();
  const [isOpen, setOpen] = useState(false);
  if (!mayTry || isPhone) return null;
  const names = [...props.segments, ...props.without.map(name => t('segments.save.not', { name }))];
  return (
    <>
      <Button
        size="compact-xs"
        variant="subtle"
        aria-label={t('segments.save.label', { names: names.join(', ') })}
        onClick={() => setOpen(true)}
      >
        {t('segments.save.open')}
      </Button>
      {isOpen && (
        <Modal
          opened
          onClose={() => setOpen(false)}
          title={t('segments.save.title')}
          closeButtonProps={{ 'aria-label': t('state.close') }}
        >
          <Form {...props} />
        </Modal>
      )}
    </>
  );
}
