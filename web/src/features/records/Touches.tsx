// Who of ours spoke with an account, when and why; whether the next touch is due rests on it.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Touch } from '@/api/types';
import { QueryFailure, useCan, useFormat, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import page from '@/ui/page.module.css';
import { sayFailure } from '@/ui/say';
import { Empty, LoadingLines } from '@/ui/states';
import { usePeople } from './queries';
import classes from './Records.module.css';
import { TouchForm } from './TouchForm';
import { useTouches, useWithdraw } from './touches';

function Row({ accountId, touch }: { accountId: string; touch: Touch }) {
  const format = useFormat();
  const mayWrite = useCan('write');
  const withdraw = useWithdraw(accountId);
  const people = usePeople(accountId).data ?? [];
  const kind = t(`touches.kinds.${touch.kind}`);
  return (
    <tr>
      <th scope="row">{kind}</th>
      <td>
        <When at={touch.at} /> <span className="dim num">{format.date(touch.at)}</span>
      </td>
      <td>{touch.user?.name ?? t('touches.cairn')}</td>
      <td>{people.find(person => person.id === touch.person_id)?.name ?? '–'}</td>
      <td className={classes.words}>{touch.note || '–'}</td>
      <td className={classes.words}>
        {touch.trigger || <span className="dim">{t('touches.unasked')}</span>}
      </td>
      {mayWrite && (
        <td className={page.end}>
          <Button
            size="compact-xs"
            variant="subtle"
            loading={withdraw.isPending}
            aria-label={t('touches.takeBackOf', { kind, at: format.dateTime(touch.at) })}
            onClick={() => withdraw.mutate(touch.id, { onError: sayFailure })}
          >
            {t('touches.takeBack')}
          </Button>
        </td>
      )}
    </tr>
  );
}

function Table({ accountId, touches }: { accountId: string; touches: readonly Touch[] }) {
  const mayWrite = useCan('write');
  const heads = ['kind', 'at', 'by', 'with', 'note', 'trigger'] as const;
  return (
    <DataTable
      boxed
      className={classes.table}
      label={t('touches.title')}
      columns={[
        ...heads.map(name => t(`touches.${name}`)),
        ...(mayWrite ? [{ unseen: t('touches.takeBack') }] : []),
      ]}
    >
      <tbody>
        {touches.map(touch => (
          <Row key={touch.id} accountId={accountId} touch={touch} />
        ))}
      </tbody>
    </DataTable>
  );
}

export function Touches({ accountId }: { accountId: string }) {
  const touches = useTouches(accountId);
  const mayWrite = useCan('write');
  const [adding, setAdding] = useState(false);
  const all = touches.data?.pages.flatMap(page => page.data) ?? [];
  if (touches.isPending) return <LoadingLines lines={4} />;
  if (touches.error) return <QueryFailure error={touches.error} onRetry={() => void touches.refetch()} />;
  return (
    <div className={classes.stack}>
      <div className={classes.tools}>
        <span className="dim">{t('touches.lead')}</span>
        {mayWrite && (
          <Button size="compact-sm" variant="light" onClick={() => setAdding(true)}>
            {t('touches.add')}
          </Button>
        )}
      </div>
      {all.length === 0 ? (
        <Empty title={t('touches.none')}>{t('touches.noneHelp')}</Empty>
      ) : (
        <Table accountId={accountId} touches={all} />
      )}
      {touches.hasNextPage && (
        <div>
          <Button
            size="compact-sm"
            variant="default"
            aria-busy={touches.isFetchingNextPage}
            onClick={() => void touches.fetchNextPage({ cancelRefetch: false })}
          >
            {t('touches.more')}
          </Button>
        </div>
      )}
      {adding && <TouchForm accountId={accountId} onClose={() => setAdding(false)} />}
    </div>
  );
}
