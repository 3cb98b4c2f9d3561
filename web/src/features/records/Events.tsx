// The newest events of an account as they came in.
import { QueryFailure, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Empty, LoadingLines } from '@/ui/states';
import { Capped } from './Capped';
import { EVENTS_MAX, useEvents } from './queries';
import classes from './Records.module.css';

export function Events({ accountId }: { accountId: string }) {
  const events = useEvents(accountId);
  if (events.isPending) return <LoadingLines lines={6} />;
  if (events.error) return <QueryFailure error={events.error} onRetry={() => void events.refetch()} />;
  if (events.data.length === 0) return <Empty title={t('events.none')}>{t('events.noneHelp')}</Empty>;
  return (
    <>
      <DataTable
        boxed
        className={classes.table}
        label={t('events.title')}
        columns={[t('events.at'), t('events.name'), t('events.user'), t('events.payload')]}
      >
        <tbody>
          {events.data.map(event => (
            <tr key={event.id}>
              <td>
                <When at={event.at} />
              </td>
              <th scope="row">
                {event.name ?? event.type} {event.name && <span className="dim">{event.type}</span>}
              </th>
              <td>{event.user ?? '–'}</td>
              <td className={classes.payload} title={event.payload_text}>
                <code className="mono">{event.payload_text}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </DataTable>
      <Capped shown={events.data.length} limit={EVENTS_MAX} order="newest" />
    </>
  );
}
