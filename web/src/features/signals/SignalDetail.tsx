// One signal: what it says, what it stood on when it was raised, and all that happened to it since.
import { Checkbox } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { SignalDetail as Detail, SignalEvent, SignalTask } from '@/api/types';
import { HealthShape } from '@/features/health';
import { QueryFailure, useCan, useFormat, useUsers, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import page from '@/ui/page.module.css';
import { sayFailure } from '@/ui/say';
import { LoadingLines } from '@/ui/states';
import { type Evidence, evidenceOf } from './evidence';
import { useMarkTask, useRules, useSignal } from './queries';
import { SeverityMark } from './SeverityMark';
import { SignalActions } from './SignalActions';
import classes from './SignalsPage.module.css';

function Stands({ evidence }: { evidence: Evidence }) {
  const format = useFormat();
  const { health } = evidence;
  return (
    <section aria-labelledby="signal-evidence">
      <h3 id="signal-evidence">{t('signals.evidence')}</h3>
      <p className={classes.rule}>
        <span className="dim">{t('signals.when')}</span> <code>{evidence.each || evidence.when}</code>
      </p>
      {health && (
        <p className={classes.health}>
          <HealthShape shade={health.grey ? 'grey' : health.band} />{' '}
          {t('signals.health', { points: format.points(health.points), scorecard: health.scorecard })}
          {health.grade && `, ${t('signals.grade', { grade: health.grade })}`}
        </p>
      )}
      <DataTable
        label={t('signals.facts')}
        className={classes.evidence}
        columns={[t('signals.fact'), t('signals.value'), t('signals.source'), t('signals.at')]}
      >
        <tbody>
          {evidence.values.map(value => (
            <tr key={value.name}>
              <th scope="row">
                <code>{value.name}</code>
              </th>
              <td>{value.value_text}</td>
              <td className="dim">{value.source || '–'}</td>
              <td className="dim">{value.at ? format.dateTime(value.at) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </DataTable>
    </section>
  );
}

function Task({ signalId, task }: { signalId: string; task: SignalTask }) {
  const users = useUsers().data ?? [];
  const mayWrite = useCan('write');
  const mark = useMarkTask(signalId);
  const by = users.find(user => user.id === task.done_by)?.name;
  return (
    <li>
      <Checkbox
        checked={task.done_at !== null}
        disabled={!mayWrite || mark.isPending}
        label={task.text}
        description={by ? t('signals.taskDone', { name: by }) : undefined}
        onChange={event =>
          mark.mutate({ number: task.number, done: event.currentTarget.checked }, { onError: sayFailure })
        }
      />
    </li>
  );
}

function Tasks({ signal }: { signal: Detail }) {
  return (
    <section aria-labelledby="signal-tasks">
      <h3 id="signal-tasks">{t('signals.tasks')}</h3>
      <ol className={classes.tasks}>
        {signal.tasks.map(task => (
          <Task key={task.number} signalId={signal.id} task={task} />
        ))}
      </ol>
    </section>
  );
}

/** The note of a reopening is the kind of what it took back. */
const takenBack = (note: string) => {
  if (note === 'snoozed') return t('signals.takenBack.snooze');
  return note === 'acknowledged' ? t('signals.takenBack.acknowledge') : t('signals.event.reopened');
};

function History({ history }: { history: readonly SignalEvent[] }) {
  const users = useUsers().data ?? [];
  return (
    <section aria-labelledby="signal-history">
      <h3 id="signal-history">{t('signals.history')}</h3>
      <ol className={classes.history}>
        {history.map((event, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: events are only ever added at the end
          <li key={i}>
            <span>
              {event.kind === 'reopened' ? takenBack(event.note) : t(`signals.event.${event.kind}`)}
              {event.user_id && (
                <> {t('signals.by', { name: users.find(user => user.id === event.user_id)?.name ?? '–' })}</>
              )}
              {event.note && event.kind !== 'reopened' && <span className="dim"> · {event.note}</span>}
            </span>
            <When at={event.at} />
          </li>
        ))}
      </ol>
    </section>
  );
}

/** What people said of the rule's other signals. */
function Precision({ rule }: { rule: string }) {
  const found = useRules().data?.find(one => one.rule === rule);
  if (!found) return null;
  const { raised, useful, not_useful } = found;
  return (
    <p className={page.note}>
      {useful + not_useful === 0
        ? t('signals.unjudged', { count: raised })
        : t('signals.precision', { useful, count: useful + not_useful })}
    </p>
  );
}

function Body({ signal }: { signal: Detail }) {
  const users = useUsers().data ?? [];
  const evidence = evidenceOf(signal.history);
  const assignee = users.find(user => user.id === signal.assignee_id)?.name;
  return (
    <>
      <header className={classes.detailHead}>
        <h2>
          <Link to="/accounts/$accountId" params={{ accountId: signal.account_id }}>
            {signal.account_name}
          </Link>
        </h2>
        <p className={classes.says}>{signal.because || signal.rule}</p>
        {signal.ticket_id && (
          <p className={classes.says}>
            <span className="dim">{t('signals.ticket')}</span>{' '}
            <Link
              to="/accounts/$accountId"
              params={{ accountId: signal.account_id }}
              search={{ tab: 'tickets' }}
              hash={signal.ticket_id}
            >
              {signal.ticket_subject || t('signals.ticket')}
            </Link>
          </p>
        )}
        <p className={classes.facts2}>
          <SeverityMark severity={signal.severity} />
          <span>{t(`signals.stateNow.${signal.state}`)}</span>
          <span className="dim">
            {t('signals.rule')} <code>{signal.rule}</code>
          </span>
          <span className="dim">{assignee ?? t('accounts.nobody')}</span>
        </p>
        {signal.state === 'already_true' && <p className={page.note}>{t('signals.alreadyTrueHelp')}</p>}
        {signal.over_budget && <p className={page.note}>{t('signals.overBudget')}</p>}
        {signal.outcome && (
          <p className={page.note}>
            {t(`signals.outcome.${signal.outcome}`)}
            {signal.outcome_reason && ` · ${signal.outcome_reason}`}
          </p>
        )}
        <div className={classes.actions}>
          <SignalActions signals={[signal]} />
        </div>
      </header>
      {signal.tasks.length > 0 && <Tasks signal={signal} />}
      {evidence && <Stands evidence={evidence} />}
      <History history={signal.history} />
      <Precision rule={signal.rule} />
    </>
  );
}

export function SignalDetail({ id }: { id: string }) {
  const signal = useSignal(id);
  return (
    <article className={classes.detail} aria-label={t('signals.one')} aria-busy={signal.isPlaceholderData}>
      {signal.isPending && <LoadingLines lines={8} />}
      {signal.error && <QueryFailure error={signal.error} onRetry={() => void signal.refetch()} />}
      {signal.data && <Body signal={signal.data} />}
    </article>
  );
}
