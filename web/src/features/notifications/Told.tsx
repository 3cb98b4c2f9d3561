// What the caller was told in the app.
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { QueryFailure, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { LoadingLines } from '@/ui/states';
import classes from './NotificationsPage.module.css';
import { useRead, useTold } from './queries';

export function Told() {
  const told = useTold();
  const read = useRead();
  const rows = told.data?.data ?? [];
  const newest = rows[0]?.id;
  return (
    <section aria-labelledby="told" className={classes.section}>
      <header className={classes.header}>
        <h2 id="told">{t('notifications.told.title')}</h2>
        {told.data && told.data.unread > 0 && newest && (
          <>
            <span>{t('notifications.told.unread', { count: told.data.unread })}</span>
            <Button size="xs" variant="default" onClick={() => read.mutate(newest)}>
              {t('notifications.told.read')}
            </Button>
          </>
        )}
      </header>
      {told.isPending && <LoadingLines lines={3} />}
      {told.error && <QueryFailure error={told.error} onRetry={() => void told.refetch()} />}
      {told.data && rows.length === 0 && <p className="dim">{t('notifications.told.none')}</p>}
      {rows.length > 0 && (
        <DataTable
          boxed
          className={classes.table}
          label={t('notifications.told.table')}
          columns={(['account', 'because', 'severity', 'at'] as const).map(head =>
            t(`notifications.told.${head}`),
          )}
        >
          <tbody>
            {rows.map(row => (
              <tr key={row.id} data-new={row.read_at === null}>
                <th scope="row">
                  <Link to="/accounts/$accountId" params={{ accountId: row.account_id }}>
                    {row.account_name}
                  </Link>
                </th>
                <td>
                  <Link to="/signals" search={{ who: 'all', signal: row.signal_id }}>
                    {row.because}
                  </Link>
                  {(row.kind === 'assigned' || row.kind === 'snooze_over') && (
                    <span className="dim"> · {t(`notifications.told.kind.${row.kind}`)}</span>
                  )}
                  {row.read_at === null && <strong> {t('notifications.told.isNew')}</strong>}
                </td>
                <td>{t(`signals.severity.${row.severity}`)}</td>
                <td>
                  <When at={row.at} />
                </td>
              </tr>
            ))}
          </tbody>
        </DataTable>
      )}
    </section>
  );
}
