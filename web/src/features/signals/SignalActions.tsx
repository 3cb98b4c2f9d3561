// What can be done with one signal, or with several at once.
import { Button, Menu } from '@mantine/core';
import { useState } from 'react';
import type { Signal, SignalBulk, SignalBulkResult } from '@/api/types';
import { useCan, useUsers } from '@/features/session';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import { say, sayFailure } from '@/ui/say';
import { useAct } from './queries';
import { ResolveDialog } from './ResolveDialog';
import { type Done, deedOf, forget, lastDone, remember, takenBack } from './undo';

export const SNOOZE_DAYS = [1, 3, 7, 30] as const;
const DAY_MS = 86_400_000;

type Deed = Omit<SignalBulk, 'signals'>;

export const untilIn = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

export const isResolvable = (one: Signal) => one.raised_at !== null && one.state !== 'resolved';

export const isUnseen = (one: Signal) => isResolvable(one) && one.acknowledged_at === null;

/** What a button takes back of the signal, if anything. */
const standing = (one: Signal) => {
  if (one.state === 'resolved') return 'resolve';
  if (one.state === 'snoozed') return 'snooze';
  return one.state === 'open' && one.acknowledged_at !== null ? 'acknowledge' : undefined;
};

/** Takes back what was done, once. */
export function useUndo() {
  const { mutateAsync } = useAct();
  return (done: Done | undefined = lastDone()) => {
    if (!done) return say(t('signals.nothingDone'));
    if (!forget(done)) return;
    // Also when what offered it is on screen no more.
    mutateAsync({ action: 'reopen', deed: done.deed, signals: [...done.ids] }).then(tell('reopen'), error => {
      remember(done); // it can be tried again
      sayFailure(error);
    });
  };
}

const tell =
  (action: SignalBulk['action'], undo?: () => void) =>
  ({ data, failed }: SignalBulkResult) => {
    if (data.length > 0) say(t(`signals.did.${action}`, { count: data.length }), undo);
    if (failed[0]) {
      sayFailure(new Error(t('signals.failed', { count: failed.length, why: failed[0].message })));
    }
  };

/** Does one thing with the signals, says what came of it, and offers to undo it where that can be. */
export function useDo(onDone?: () => void) {
  const act = useAct();
  const undo = useUndo();
  return (signals: readonly Pick<Signal, 'id'>[], deed: Deed) => {
    if (signals.length === 0) return;
    act.mutate(
      { ...deed, signals: signals.map(({ id }) => id) },
      {
        onSuccess: result => {
          const what = deedOf(deed.action);
          const ids = result.data.map(({ id }) => id);
          const done: Done | undefined = what && { deed: what, ids };
          if (deed.deed) takenBack(deed.deed, ids);
          if (done && done.ids.length > 0) remember(done);
          tell(deed.action, done && (() => undo(done)))(result);
          onDone?.();
        },
        onError: sayFailure,
      },
    );
  };
}

const down = <Icon name="down" size={12} />;

interface Props {
  signals: readonly Signal[];
  onDone?: () => void;
}

function Assign({ signals, act }: { signals: readonly Signal[]; act: ReturnType<typeof useDo> }) {
  const users = useUsers();
  const only = signals.length === 1 ? signals[0]?.assignee_id : undefined;
  const choose = (assignee_id: string | null) => act(signals, { action: 'assign', assignee_id });
  return (
    <Menu>
      <Menu.Target>
        <Button size="compact-sm" variant="default" rightSection={down}>
          {t('signals.do.assign')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {users.data?.map(user => (
          <Menu.RadioItem
            key={user.id}
            value={user.id}
            checked={user.id === only}
            onClick={() => choose(user.id)}
          >
            {user.name}
          </Menu.RadioItem>
        ))}
        <Menu.Divider />
        <Menu.RadioItem value="" checked={only === null} onClick={() => choose(null)}>
          {t('accounts.nobody')}
        </Menu.RadioItem>
      </Menu.Dropdown>
    </Menu>
  );
}

function Snooze({ signals, act }: { signals: readonly Signal[]; act: ReturnType<typeof useDo> }) {
  return (
    <Menu>
      <Menu.Target>
        <Button size="compact-sm" variant="default" rightSection={down}>
          {t('signals.do.snooze')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {SNOOZE_DAYS.map(days => (
          <Menu.Item key={days} onClick={() => act(signals, { action: 'snooze', until: untilIn(days) })}>
            {t('signals.snoozeDays', { count: days })}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export function SignalActions({ signals, onDone }: Props) {
  const act = useDo(onDone);
  const [resolving, setResolving] = useState(false);
  if (!useCan('write') || signals.length === 0) return null;
  const waiting = signals.filter(one => one.state === 'already_true');
  const raised = signals.filter(isResolvable);
  const unseen = raised.filter(isUnseen);
  const only = signals.length === 1 ? signals[0] : undefined;
  const deed = only && standing(only);
  return (
    <>
      {waiting.length > 0 && (
        <Button size="compact-sm" onClick={() => act(waiting, { action: 'start' })}>
          {t('signals.do.start')}
        </Button>
      )}
      {unseen.length > 0 && (
        <Button size="compact-sm" variant="default" onClick={() => act(unseen, { action: 'acknowledge' })}>
          {t('signals.do.acknowledge')}
        </Button>
      )}
      {raised.length > 0 && (
        <>
          <Button size="compact-sm" variant="default" onClick={() => setResolving(true)}>
            {t('signals.do.resolve')}
          </Button>
          <Snooze signals={raised} act={act} />
          <Assign signals={raised} act={act} />
        </>
      )}
      {deed && (
        <Button size="compact-sm" variant="default" onClick={() => act(signals, { action: 'reopen', deed })}>
          {t(`signals.takeBack.${deed}`)}
        </Button>
      )}
      <ResolveDialog
        opened={resolving}
        count={raised.length}
        onClose={() => setResolving(false)}
        onResolve={(outcome, reason) => {
          setResolving(false);
          act(raised, { action: 'resolve', outcome, ...(reason ? { reason } : {}) });
        }}
      />
    </>
  );
}
