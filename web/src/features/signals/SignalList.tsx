// The inbox as a list: the most urgent first; one row a signal.
import { Link } from '@tanstack/react-router';
import type { Signal } from '@/api/types';
import { useUsers, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { reasonOf } from './reason';
import { SeverityMark } from './SeverityMark';
import classes from './SignalsPage.module.css';

interface RowProps {
  signal: Signal;
  assignee: string | undefined;
  current: boolean;
  picked: boolean;
  onPick: ((id: string) => void) | undefined;
}

function Row({ signal, assignee, current, picked, onPick }: RowProps) {
  return (
    <li className={classes.row} data-current={current} data-unseen={signal.acknowledged_at === null}>
      {onPick && (
        <input
          type="checkbox"
          className={classes.check}
          checked={picked}
          aria-label={t('signals.pick', { rule: signal.rule, name: signal.account_name })}
          onChange={() => onPick(signal.id)}
        />
      )}
      <Link
        to="/signals"
        search={old => ({ ...old, signal: signal.id })}
        replace
        className={classes.open}
        aria-current={current}
        data-signal={signal.id}
      >
        <span className={classes.line}>
          <span className={classes.account}>{signal.account_name}</span>
          <When at={signal.raised_at ?? signal.first_at} />
        </span>
        <span className={classes.line}>
          <span className={classes.because}>{reasonOf(signal)}</span>
        </span>
        <span className={classes.line}>
          <SeverityMark severity={signal.severity} />
          <span className="dim">{assignee ?? t('accounts.nobody')}</span>
        </span>
      </Link>
    </li>
  );
}

interface Props {
  signals: readonly Signal[];
  current: string | undefined;
  picked: ReadonlySet<string>;
  /** Absent for who may do nothing with what is picked. */
  onPick?: ((id: string) => void) | undefined;
}

export function SignalList({ signals, current, picked, onPick }: Props) {
  const users = useUsers().data ?? [];
  return (
    <ul className={classes.list} aria-label={t('signals.title')}>
      {signals.map(signal => (
        <Row
          key={signal.id}
          signal={signal}
          assignee={users.find(user => user.id === signal.assignee_id)?.name}
          current={signal.id === current}
          picked={picked.has(signal.id)}
          onPick={onPick}
        />
      ))}
    </ul>
  );
}
