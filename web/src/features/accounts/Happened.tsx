// What happened to the account since the moment that the explanation compares with, newest first.
import { type Moment, MomentText } from '@/features/records';
import { useFormat, When } from '@/features/session';
import { t } from '@/lib/i18n';
import classes from './AccountPage.module.css';

const SHOWN = 5;

export function Happened({ moments, since }: { moments: readonly Moment[]; since: string }) {
  const format = useFormat();
  const after = Date.parse(since);
  const recent = moments.filter(moment => Date.parse(moment.at) >= after).reverse();
  return (
    <section aria-labelledby="happened-title">
      <h2 id="happened-title">{t('account.happened', { date: format.date(since) })}</h2>
      {recent.length === 0 && <p className={classes.quiet}>{t('account.nothing')}</p>}
      <ul className={classes.happened}>
        {recent.slice(0, SHOWN).map(moment => (
          <li key={`${moment.at} ${moment.say} ${moment.name}`}>
            <span>
              <MomentText moment={moment} />
            </span>
            <span className="dim">
              <When at={moment.at} />
            </span>
          </li>
        ))}
      </ul>
      {recent.length > SHOWN && (
        <p className={classes.quiet}>{t('account.more', { count: recent.length - SHOWN })}</p>
      )}
    </section>
  );
}
