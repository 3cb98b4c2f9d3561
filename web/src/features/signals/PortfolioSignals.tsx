// What asks for a person now, by urgency, and what became of the signals raised since a day.
import { Link } from '@tanstack/react-router';
import { QueryFailure, useFormat, When } from '@/features/session';
import { t } from '@/lib/i18n';
import page from '@/ui/page.module.css';
import { LoadingLines } from '@/ui/states';
import { useCounts, useLiveSignals, useMostUrgent } from './queries';
import { reasonOf } from './reason';
import { SeverityMark } from './SeverityMark';
import classes from './SignalsPage.module.css';
import { ALL, SEVERITIES, type SignalState } from './search';

const SHOWN = 6;
const BECAME: readonly SignalState[] = ['open', 'snoozed', 'resolved', 'cleared'];

interface Props {
  /** A user, where the page is of one's accounts only. */
  owner: string | undefined;
  /** A day in the workspace's zone, and when it begins. */
  since: { day: string; at: string };
}

export function PortfolioSignals({ owner, since }: Props) {
  useLiveSignals();
  const format = useFormat();
  const queries = [useCounts(owner, undefined), useCounts(owner, since.at)] as const;
  const list = useMostUrgent(owner, SHOWN);
  const [open, raised] = [queries[0].data, queries[1].data];
  const urgent = list.data;
  const failed = [...queries, list].find(query => query.error);
  const who = owner ?? ALL;
  const bySeverity = new Map(open?.by_severity.map(({ name, count }) => [name, count]));
  const byState = new Map(raised?.by_state.map(({ name, count }) => [name, count]));
  return (
    <section className={page.panel} aria-labelledby="portfolio-signals">
      <h2 id="portfolio-signals">{t('signals.now')}</h2>
      <ul className={classes.urgency} aria-label={t('signals.byUrgency')}>
        {SEVERITIES.map(severity => (
          <li key={severity}>
            <Link to="/signals" search={{ who, severity }} className={classes.figure}>
              <strong className="num">{open ? format.number(bySeverity.get(severity) ?? 0) : '–'}</strong>
              <SeverityMark severity={severity} />
            </Link>
          </li>
        ))}
      </ul>
      {raised && (
        <p className={page.note}>
          {t('signals.raisedSince', {
            date: format.date(since.day),
            count: raised.total,
            shown: format.number(raised.total),
          })}{' '}
          {BECAME.filter(state => byState.get(state)).map(state => (
            <Link
              key={state}
              to="/signals"
              search={{ who, state, since: since.day }}
              className={classes.became}
            >
              {format.number(byState.get(state) ?? 0)} {t(`signals.stateNow.${state}`)}
            </Link>
          ))}
        </p>
      )}
      {failed && <QueryFailure error={failed.error} onRetry={() => void failed.refetch()} />}
      {list.isPending && <LoadingLines lines={SHOWN} />}
      {urgent?.length === 0 && <p className={page.note}>{t('signals.none')}</p>}
      {urgent && urgent.length > 0 && (
        <ul className={classes.short}>
          {urgent.map(signal => (
            <li key={signal.id}>
              <Link to="/signals" search={{ who, signal: signal.id }}>
                <strong>{signal.account_name}</strong> {reasonOf(signal)}
              </Link>
              <SeverityMark severity={signal.severity} />
              <When at={signal.raised_at ?? signal.first_at} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
