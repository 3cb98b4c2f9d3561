// What asks for attention at one account, on its page.
import { Link } from '@tanstack/react-router';
import { When } from '@/features/session';
import { t } from '@/lib/i18n';
import page from '@/ui/page.module.css';
import { useAccountSignals, useLiveSignals } from './queries';
import { reasonOf } from './reason';
import { SeverityMark } from './SeverityMark';
import classes from './SignalsPage.module.css';

/** Nothing is drawn while there is nothing: silence is the usual state. */
export function AccountSignals({ id }: { id: string }) {
  useLiveSignals();
  const signals = useAccountSignals(id).data ?? [];
  if (signals.length === 0) return null;
  return (
    <section className={page.panel} aria-labelledby="account-signals">
      <h2 id="account-signals">{t('signals.ofAccount')}</h2>
      <ul className={classes.short}>
        {signals.map(signal => (
          <li key={signal.id}>
            <Link to="/signals" search={{ state: signal.state, who: 'all', signal: signal.id }}>
              {reasonOf(signal)}
            </Link>
            <SeverityMark severity={signal.severity} />
            <span className="dim">{t(`signals.stateNow.${signal.state}`)}</span>
            <When at={signal.raised_at ?? signal.first_at} />
          </li>
        ))}
      </ul>
    </section>
  );
}
