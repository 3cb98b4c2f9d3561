// Before a draft becomes a version, and before an old one comes back: what that does, and why it is done.
import { Button, Checkbox, Modal, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { ApiProblem, hasStatus } from '@/api/errors';
import type { ProgramApplied, ProgramDiff } from '@/api/types';
import { QueryFailure, useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { say } from '@/ui/say';
import { Failure, LoadingLines } from '@/ui/states';
import { EffectWords } from './Effects';
import classes from './Panels.module.css';
import { type Revision, useApply, useEffects, useRollback } from './queries';
import { useMoney } from './useMoney';

/** What it does, in words; the form waits for it. */
function Words({ effects }: { effects: ReturnType<typeof useEffects> }) {
  if (effects.error) return <QueryFailure error={effects.error} onRetry={() => void effects.refetch()} />;
  if (!effects.data) return <LoadingLines lines={3} />;
  return (
    <section className={classes.words} aria-label={t('program.effects.title')}>
      <EffectWords diff={effects.data} />
    </section>
  );
}

interface StartsProps {
  diff: ProgramDiff;
  chosen: readonly string[];
  onChoose: (names: string[]) => void;
}

/** New and changed signals that are true already: nobody is told of those that are not ticked. */
function Starts({ diff, chosen, onChoose }: StartsProps) {
  const format = useFormat();
  const money = useMoney(diff.currency);
  const found = diff.signals.filter(signal => signal.asks_anew && signal.already_true > 0);
  if (found.length === 0) return null;
  return (
    <Checkbox.Group
      label={t('program.apply.start')}
      description={t('program.apply.startHelp')}
      value={[...chosen]}
      onChange={names => onChoose([...names].sort())}
    >
      <div className={classes.starts}>
        {found.map(({ name, already_true: count, already_true_arr: arr }) => (
          <Checkbox
            key={name}
            value={name}
            label={t('program.apply.startOne', {
              name,
              count,
              shown: format.number(count),
              arr: money(arr),
            })}
          />
        ))}
      </div>
    </Checkbox.Group>
  );
}

interface FormProps {
  effects: ReturnType<typeof useEffects>;
  children?: ReactNode;
  label: string;
  submit: string;
  error: unknown;
  isPending: boolean;
  onSubmit: (note: string) => void;
  onClose: () => void;
}

function ChangeForm({ effects, children, label, submit, error, isPending, onSubmit, onClose }: FormProps) {
  const [note, setNote] = useState('');
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!effects.isPending) onSubmit(note.trim());
  };
  return (
    <form className={classes.form} onSubmit={send}>
      <Words effects={effects} />
      {children}
      <TextInput
        label={label}
        value={note}
        maxLength={500}
        onChange={event => setNote(event.currentTarget.value)}
        data-autofocus
      />
      {error !== null && <ApplyFailure error={error} />}
      <div className={classes.buttons}>
        <Button variant="default" onClick={onClose}>
          {t('program.cancel')}
        </Button>
        <Button type="submit" loading={isPending} disabled={effects.isPending}>
          {submit}
        </Button>
      </div>
    </form>
  );
}

function ApplyFailure({ error }: { error: unknown }) {
  if (hasStatus(error, 409) && error instanceof ApiProblem)
    return <Failure title={error.title} detail={t('program.apply.conflict')} />;
  return <QueryFailure error={error} />;
}

interface ApplyProps {
  revision: Revision;
  base: number;
  next: number;
  onClose: () => void;
  onApplied: (applied: ProgramApplied) => void;
}

export function ApplyDialog({ revision, base, next, onClose, onApplied }: ApplyProps) {
  const [start, setStart] = useState<string[]>([]);
  const quiet = useEffects(revision, true);
  const effects = useEffects(revision, true, start);
  const apply = useApply();
  const submit = (note: string) =>
    apply.mutate(
      { files: revision.files, note, base_version: base, start },
      {
        onSuccess: applied => {
          const { version } = applied;
          say(
            t(applied.state === 'active' ? 'program.apply.applied' : 'program.apply.building', { version }),
          );
          onApplied(applied);
        },
      },
    );
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('program.apply.title', { version: next })}
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      <ChangeForm
        effects={effects}
        label={t('program.apply.note')}
        submit={t('program.apply.do')}
        error={apply.error}
        isPending={apply.isPending}
        onSubmit={submit}
        onClose={onClose}
      >
        {quiet.data && <Starts diff={quiet.data} chosen={start} onChoose={setStart} />}
      </ChangeForm>
    </Modal>
  );
}

interface RollbackProps {
  version: number;
  hasDraft: boolean;
  onClose: () => void;
  onDone: (version: number) => void;
}

export function RollbackDialog({ version, hasDraft, onClose, onDone }: RollbackProps) {
  const effects = useEffects({ version }, true);
  const rollback = useRollback();
  const submit = (note: string) =>
    rollback.mutate(
      { version, note },
      {
        onSuccess: made => {
          const said =
            made.state === 'active' ? 'program.versions.rolled' : 'program.versions.rolledBuilding';
          say(t(said, { version: made.version, of: version }));
          onDone(made.version);
          onClose();
        },
      },
    );
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('program.versions.rollbackTo', { version })}
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      <div className={classes.form}>
        <p>
          {t('program.versions.confirm', { version })}
          {hasDraft ? ` ${t('program.versions.draftStays')}` : ''}
        </p>
        <ChangeForm
          effects={effects}
          label={t('program.versions.note')}
          submit={t('program.versions.rollback')}
          error={rollback.error}
          isPending={rollback.isPending}
          onSubmit={submit}
          onClose={onClose}
        />
      </div>
    </Modal>
  );
}
