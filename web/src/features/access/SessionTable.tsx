// Where somebody is signed in, with a button to end each.  The session that looks is ended by signing out.
import { Button } from '@mantine/core';
import type { SessionRow } from '@/api/types';
import { QueryFailure, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import page from '@/ui/page.module.css';
import { say, sayFailure } from '@/ui/say';
import { LoadingLines } from '@/ui/states';
import classes from './access.module.css';
import { useEndSession, useSessions } from './queries';

interface LineProps {
  session: SessionRow;
  onEnd: () => void;
  isPending: boolean;
}

function SessionLine({ session, onEnd, isPending }: LineProps) {
  const browser = session.browser ?? t('access.sessions.unknown');
  return (
    <tr>
      <th scope="row">
        {browser}
        {session.is_current && <span className={classes.state}>{t('access.sessions.current')}</span>}
      </th>
      <td className={`num ${classes.roomy}`}>{session.address}</td>
      <td className={classes.roomy}>
        <When at={session.created_at} />
      </td>
      <td>
        <When at={session.seen_at} />
      </td>
      <td className={page.end}>
        {!session.is_current && (
          <Button
            size="compact-xs"
            variant="default"
            loading={isPending}
            onClick={onEnd}
            aria-label={t('access.sessions.endOf', { browser, address: session.address })}
          >
            {t('access.sessions.end')}
          </Button>
        )}
      </td>
    </tr>
  );
}

interface Props {
  /** null: one's own. */
  user: string | null;
  label: string;
}

export function SessionTable({ user, label }: Props) {
  const sessions = useSessions(user);
  const end = useEndSession(user);
  const others = sessions.data?.filter(session => !session.is_current) ?? [];
  const run = (id: string | null) =>
    end.mutate(id, {
      onSuccess: () => say(id ? t('access.sessions.ended') : t('access.sessions.endedAll')),
      onError: sayFailure,
    });
  if (sessions.isPending) return <LoadingLines lines={3} />;
  if (sessions.error) {
    return <QueryFailure error={sessions.error} onRetry={() => void sessions.refetch()} />;
  }
  if (sessions.data.length === 0) return <p className="dim">{t('access.sessions.none')}</p>;
  return (
    <>
      <DataTable boxed className={classes.sessions} label={label}>
        <thead>
          <tr>
            {(['browser', 'address', 'created', 'seen'] as const).map(head => (
              <th
                key={head}
                scope="col"
                className={head === 'browser' || head === 'seen' ? '' : classes.roomy}
              >
                {t(`access.sessions.column.${head}`)}
              </th>
            ))}
            <th scope="col" className={page.end}>
              <span className="sr-only">{t('access.sessions.end')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sessions.data.map(session => (
            <SessionLine
              key={session.id}
              session={session}
              isPending={end.isPending && end.variables === session.id}
              onEnd={() => run(session.id)}
            />
          ))}
        </tbody>
      </DataTable>
      {others.length === 0 && <p className="dim">{t('access.sessions.alone')}</p>}
      {others.length > 1 && (
        <div>
          <Button
            size="xs"
            variant="default"
            loading={end.isPending && end.variables === null}
            onClick={() => run(null)}
          >
            {others.length === sessions.data.length
              ? t('access.sessions.endAll')
              : t('access.sessions.endOthers')}
          </Button>
        </div>
      )}
    </>
  );
}
