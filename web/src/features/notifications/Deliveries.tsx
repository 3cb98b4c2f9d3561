// What was sent to anybody, what waits and what failed with its reason; for those who run the system.
import { Button, Menu, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import type { Delivery, DeliveryTest } from '@/api/types';
import { QueryFailure, useFormat, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { say } from '@/ui/say';
import { LoadingLines } from '@/ui/states';
import classes from './NotificationsPage.module.css';
import { useRetry, useSent, useTest } from './queries';

const STATES = ['waiting', 'sending', 'sent', 'failed', 'dropped'] as const;
const CHANNELS = ['email', 'slack', 'slack_channel'] as const satisfies readonly DeliveryTest['channel'][];
const HEADS = ['created', 'to', 'channel', 'kind', 'state', 'attempts', 'error', 'retry'] as const;

function Row({ delivery, onRetry }: { delivery: Delivery; onRetry: (id: string) => void }) {
  const format = useFormat();
  const waits = delivery.state === 'waiting' && delivery.is_held;
  return (
    <tr>
      <td>
        <When at={delivery.created_at} />
      </td>
      <th scope="row">{delivery.user_name || t('notifications.sent.toChannel')}</th>
      <td>{t(`notifications.sent.channel.${delivery.channel}`)}</td>
      <td>{t(`notifications.sent.kind.${delivery.kind}`)}</td>
      <td data-state={delivery.state}>{t(`notifications.sent.state.${delivery.state}`)}</td>
      <td className="num">{format.number(delivery.attempts)}</td>
      <td className={classes.reason}>
        {waits && !delivery.error ? (
          <>
            {t('notifications.sent.held', { at: '' })}
            <When at={delivery.due_at} />
          </>
        ) : (
          delivery.error
        )}
      </td>
      <td>
        {delivery.state === 'failed' && (
          <Button size="compact-xs" variant="default" onClick={() => onRetry(delivery.id)}>
            {t('notifications.sent.retry')}
          </Button>
        )}
      </td>
    </tr>
  );
}

function TestMenu() {
  const test = useTest();
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button size="xs" variant="default" loading={test.isPending}>
            {t('notifications.sent.test')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {CHANNELS.map(channel => (
            <Menu.Item
              key={channel}
              onClick={() => test.mutate(channel, { onSuccess: () => say(t('notifications.sent.tested')) })}
            >
              {t(`notifications.sent.channel.${channel}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {test.error && <QueryFailure error={test.error} />}
    </>
  );
}

export function Deliveries() {
  const [state, setState] = useState<Delivery['state']>();
  const sent = useSent(state);
  const retry = useRetry();
  const rows = sent.data?.data ?? [];
  return (
    <section aria-labelledby="sent" className={classes.section}>
      <header className={classes.header}>
        <h2 id="sent">{t('notifications.sent.title')}</h2>
        {sent.data && (
          <span>
            {t('notifications.sent.waiting', { count: sent.data.waiting })},{' '}
            {t('notifications.sent.failed', { count: sent.data.failed })}
          </span>
        )}
        <NativeSelect
          size="xs"
          aria-label={t('notifications.sent.show')}
          value={state ?? ''}
          onChange={event => setState(STATES.find(one => one === event.currentTarget.value))}
          data={[
            { value: '', label: t('notifications.sent.all') },
            ...STATES.map(value => ({ value, label: t(`notifications.sent.state.${value}`) })),
          ]}
        />
        <TestMenu />
      </header>
      {sent.isPending && <LoadingLines lines={3} />}
      {sent.error && <QueryFailure error={sent.error} onRetry={() => void sent.refetch()} />}
      {retry.error && <QueryFailure error={retry.error} />}
      {sent.data && rows.length === 0 && <p className="dim">{t('notifications.sent.none')}</p>}
      {rows.length > 0 && (
        <DataTable
          boxed
          className={classes.table}
          label={t('notifications.sent.table')}
          columns={HEADS.map(head => t(`notifications.sent.column.${head}`))}
        >
          <tbody>
            {rows.map(delivery => (
              <Row key={delivery.id} delivery={delivery} onRetry={id => retry.mutate(id)} />
            ))}
          </tbody>
        </DataTable>
      )}
    </section>
  );
}
