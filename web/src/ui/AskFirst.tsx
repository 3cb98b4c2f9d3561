// A question before what cannot be taken back.  Keeping is what Enter does.
import { Button, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { t } from '@/lib/i18n';
import classes from './AskFirst.module.css';

interface Props {
  title: string;
  /** What it means, and what went wrong with it. */
  children: ReactNode;
  keep: string;
  run: string;
  isRunning: boolean;
  onRun: () => void;
  onClose: () => void;
}

export function AskFirst({ title, children, keep, run, isRunning, onRun, onClose }: Props) {
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('state.close') }}>
      <div className={classes.question}>
        {children}
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose} data-autofocus>
            {keep}
          </Button>
          <Button color="red.9" loading={isRunning} onClick={onRun}>
            {run}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
