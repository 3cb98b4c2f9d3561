// A source whose key nobody is to use any more.
import type { Source } from '@/api/types';
import { QueryFailure } from '@/features/session';
import { t } from '@/lib/i18n';
import { AskFirst } from '@/ui/AskFirst';
import { say } from '@/ui/say';
import { useRevokeSource } from './queries';

export function RevokeSource({ source, onClose }: { source: Source; onClose: () => void }) {
  const revoke = useRevokeSource();
  const run = () =>
    revoke.mutate(source.id, {
      onSuccess: () => {
        say(t('sources.revoked', { name: source.name }));
        onClose();
      },
    });
  return (
    <AskFirst
      title={t('sources.revokeTitle', { name: source.name })}
      keep={t('sources.revokeKeep')}
      run={t('sources.revokeDo')}
      isRunning={revoke.isPending}
      onRun={run}
      onClose={onClose}
    >
      <p>{t('sources.revokeHelp')}</p>
      {revoke.error && <QueryFailure error={revoke.error} />}
    </AskFirst>
  );
}
