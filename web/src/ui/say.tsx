// Tells what happened at the edge of the screen, and offers to undo it.
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { t } from '@/lib/i18n';

let count = 0;

/** More than this wait until others go; what was done last must not. */
const SHOWN_MAX = 4;
const shown: string[] = [];

function makeRoom(id: string): void {
  shown.push(id);
  while (shown.length > SHOWN_MAX) notifications.hide(shown.shift() ?? '');
}

export function say(message: string, undo?: () => void): void {
  const id = `said-${++count}`;
  const revert = () => {
    notifications.hide(id);
    undo?.();
  };
  makeRoom(id);
  notifications.show({
    id,
    withBorder: true,
    closeButtonProps: { 'aria-label': t('state.close') },
    autoClose: 6000,
    message: undo ? (
      <span>
        {message}{' '}
        <Button size="compact-xs" variant="light" onClick={revert}>
          {t('state.undo')}
        </Button>
      </span>
    ) : (
      message
    ),
  });
}

/** That something was not saved, and why. */
export function sayFailure(error: unknown): void {
  sayProblem(t('state.notSaved'), error);
}

/** What did not happen, and why, as the server says it. */
export function sayProblem(title: string, error: unknown): void {
  const problem = error instanceof Error ? error.message : String(error);
  notifications.show({
    id: `said-${++count}`,
    withBorder: true,
    closeButtonProps: { 'aria-label': t('state.close') },
    color: 'red',
    autoClose: 10_000,
    title,
    message: problem,
  });
}
