// The support tickets of an account, open ones first.
import { useLocation } from '@tanstack/react-router';
import type { Ticket } from '@/api/types';
import { QueryFailure, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Empty, LoadingLines } from '@/ui/states';
import { Capped } from './Capped';
import { ROWS_MAX, useTickets } from './queries';
import classes from './Records.module.css';

const RANK = { critical: 0, high: 1, normal: 2, low: 3 } as const;
const isOpen = (ticket: Ticket) => ticket.status === 'open' || ticket.status === 'pending';

export function inOrder(tickets: readonly Ticket[]): Ticket[] {
  return [...tickets].sort(
    (a, b) =>
      Number(isOpen(b)) - Number(isOpen(a)) ||
      (isOpen(a) ? RANK[a.priority] - RANK[b.priority] : 0) ||
      b.opened_at.localeCompare(a.opened_at),
  );
}

/** The one that a link leads to. */
const show = (row: HTMLElement | null) => row?.scrollIntoView({ block: 'nearest' });

export function Tickets({ accountId }: { accountId: string }) {
  const tickets = useTickets(accountId);
  const { hash } = useLocation();
  if (tickets.isPending) return <LoadingLines lines={4} />;
  if (tickets.error) return <QueryFailure error={tickets.error} onRetry={() => void tickets.refetch()} />;
  if (tickets.data.length === 0) return <Empty title={t('tickets.none')}>{t('tickets.noneHelp')}</Empty>;
  return (
    <>
      <DataTable
        boxed
        className={classes.table}
        label={t('tickets.title')}
        columns={[
          t('tickets.subject'),
          t('tickets.priority'),
          t('tickets.status'),
          t('tickets.opened'),
          t('tickets.solved'),
        ]}
      >
        <tbody>
          {inOrder(tickets.data).map(ticket => (
            <tr
              key={ticket.id}
              data-left={!isOpen(ticket)}
              data-meant={ticket.id === hash}
              ref={ticket.id === hash ? show : undefined}
            >
              <th scope="row">
                {ticket.subject}{' '}
                {ticket.external_id && <span className="dim num">#{ticket.external_id}</span>}
              </th>
              <td data-priority={isOpen(ticket) ? ticket.priority : undefined}>
                {t(`tickets.priorities.${ticket.priority}`)}
              </td>
              <td>{t(`tickets.statuses.${ticket.status}`)}</td>
              <td>
                <When at={ticket.opened_at} />
              </td>
              <td>{ticket.solved_at ? <When at={ticket.solved_at} /> : '–'}</td>
            </tr>
          ))}
        </tbody>
      </DataTable>
      <Capped shown={tickets.data.length} limit={ROWS_MAX} />
    </>
  );
}
