// The next step as one line, with the way to where its facts are.
import { Button } from '@mantine/core';
import type { Account, AccountHealth } from '@/api/types';
import { usePeople, useTickets } from '@/features/records';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import classes from './AccountPage.module.css';
import { nextStep } from './nextStep';

interface Props {
  account: Account;
  health: AccountHealth | null | undefined;
  onTab: (tab: string) => void;
}

export function NextStep({ account, health, onTab }: Props) {
  const format = useFormat();
  const people = usePeople(account.id).data;
  const tickets = useTickets(account.id).data;
  if (health === undefined || !people || !tickets) return null;
  const step = nextStep({ account, health, people, tickets, now: Math.max(format.now, Date.now()) });
  const tab = step?.tab;
  return (
    <p className={classes.next}>
      <strong>{t('next.title')}</strong>{' '}
      {step
        ? t(`next.${step.say}`, { name: step.name, with: step.with || t('next.somebody') })
        : t('next.none')}
      {tab && (
        <Button size="compact-xs" variant="subtle" onClick={() => onTab(tab)}>
          {t(`account.tab.${tab}`)}
        </Button>
      )}
    </p>
  );
}
