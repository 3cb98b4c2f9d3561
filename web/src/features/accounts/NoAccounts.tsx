import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useCan } from '@/features/session';
import { t } from '@/lib/i18n';
import { Empty } from '@/ui/states';

/** What brings the first account, for those who may bring it and for those who may not. */
export function NoAccounts({ children }: { children: ReactNode }) {
  const operates = useCan('operate');
  return (
    <Empty title={t('accounts.none')}>
      <p>{children}</p>
      {operates ? (
        <Button component={Link} to="/sources" size="xs" mt={12}>
          {t('accounts.noneGo')}
        </Button>
      ) : (
        <p>{t('accounts.noneAsk')}</p>
      )}
    </Empty>
  );
}
