// Asks before a page with a draft is left, and says what becomes of the draft.
import { Button, Modal } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import { t } from '@/lib/i18n';
import classes from './Panels.module.css';

/** The browser itself asks only where the draft would be lost. */
export function LeaveDialog({ isDraft, isKept }: { isDraft: boolean; isKept: boolean }) {
  const blocker = useBlocker({
    // Whoever compares the draft goes to see what it came to, and finds it here again.
    shouldBlockFn: ({ current, next }) =>
      isDraft && next.pathname !== current.pathname && !(isKept && next.pathname === '/comparison'),
    enableBeforeUnload: () => isDraft && !isKept,
    withResolver: true,
  });
  if (blocker.status !== 'blocked') return null;
  return (
    <Modal
      opened
      onClose={blocker.reset}
      title={t('program.leave.title')}
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      <div className={classes.form}>
        <p>{t(isKept ? 'program.leave.kept' : 'program.leave.lost')}</p>
        <div className={classes.buttons}>
          <Button variant="default" onClick={blocker.reset}>
            {t('program.leave.stay')}
          </Button>
          <Button onClick={blocker.proceed} data-autofocus>
            {t('program.leave.go')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
