// What came of a signal: whether it was useful is what its rule is judged by.
import { Button, Group, Modal, Textarea } from '@mantine/core';
import { useState } from 'react';
import { t } from '@/lib/i18n';
import type { Outcome } from './queries';

interface Props {
  opened: boolean;
  count: number;
  onClose: () => void;
  onResolve: (outcome: Outcome, reason: string) => void;
}

export function ResolveDialog({ opened, count, onClose, onResolve }: Props) {
  const [reason, setReason] = useState('');
  const end = (outcome: Outcome) => {
    onResolve(outcome, reason.trim());
    setReason('');
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('signals.resolveTitle', { count })}
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      <p>{t('signals.resolveHelp')}</p>
      <Textarea
        data-autofocus
        mt={10}
        label={t('signals.reason')}
        maxLength={1000}
        autosize
        minRows={2}
        value={reason}
        onChange={event => setReason(event.currentTarget.value)}
      />
      <Group mt={14} gap={8}>
        <Button size="xs" onClick={() => end('useful')}>
          {t('signals.outcome.useful')}
        </Button>
        <Button size="xs" variant="default" onClick={() => end('not_useful')}>
          {t('signals.outcome.not_useful')}
        </Button>
      </Group>
    </Modal>
  );
}
