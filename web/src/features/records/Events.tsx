// The events of an account as they came in, the newest first, back to the oldest that is kept.
import { Button } from '@mantine/core';
import { QueryFailure, useFormat, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Empty, LoadingLines } from '@/ui/states';
import { useEvents } from './queries';
import classes from './Records.module.css';

/** Goes on to older events, or says that there are none. */
function More({ events, shown }: { events: ReturnType<typeof useEvents>; shown: number }) {
  const format = useFormat();
  const count = format.number(shown);
  const { error, hasNextPage, isFetchingNextPage, fetchNextPage } = events;
  return (
    <>
      {error && <QueryFailure error={error} onRetry={() => void fetchNextPage()} />}
      <div className={classes.tools}>
        <span className="dim" role="status">
          {t(hasNextPage ? 'events.shown' : 'events.end', { count: shown, shown: count })}
        </span>
        {hasNextPage && (
          <Button
            size="compact-sm"
            variant="default"
            // "loading" would disable it, and who works by keys would lose it.
            aria-busy={isFetchingNextPage}
            onClick={() => void fetchNextPage({ cancelRefetch: false })}
          >
            {t('events.older')}
          </Button>
        )}
      </div>
    </>
  );
}

export function Events({ accountId }: { accountId: string }) {
  const events = useEvents(accountId);
  if (events.isPending) return <LoadingLines lines={6} />;
  if (!events.data) return <QueryFailure error={events.error} onRetry={() => void events.refetch()} />;
  const all = events.data.pages.flatMap(page => page.data);
  if (all.length === 0) return <Empty title={t('events.none')}>{t('events.noneHelp')}</Empty>;
  return (
    <div className={classes.stack}>
      <DataTable
        boxed
        className={classes.table}
        label={t('events.title')}
        columns={[t('events.at'), t('events.name'), t('events.user'), t('events.payload')]}
      >
        <tbody>
          {all.map(event => (
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
      <More events={events} shown={all.length} />
    </div>
  );
}
