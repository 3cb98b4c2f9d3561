// How one is told of signals, what one was told, and for those who run the system what was sent.
import { QueryFailure, useCan } from '@/features/session';
import { t } from '@/lib/i18n';
import { useTitle } from '@/lib/title';
import page from '@/ui/page.module.css';
import { LoadingLines } from '@/ui/states';
import { Deliveries } from './Deliveries';
import classes from './NotificationsPage.module.css';
import { PreferencesForm } from './PreferencesForm';
import { usePreferences } from './queries';
import { Told } from './Told';

export function NotificationsPage() {
  useTitle(t('notifications.title'));
  const operates = useCan('operate');
  const preferences = usePreferences();
  return (
    <div className={`${page.page} ${classes.page}`}>
      <h1>{t('notifications.title')}</h1>
      <Told />
      <section aria-labelledby="how" className={classes.section}>
        <h2 id="how">{t('notifications.how.title')}</h2>
        {preferences.isPending && <LoadingLines lines={6} />}
        {preferences.error && (
          <QueryFailure error={preferences.error} onRetry={() => void preferences.refetch()} />
        )}
        {preferences.data && <PreferencesForm given={preferences.data} />}
      </section>
      {operates && <Deliveries />}
    </div>
  );
}
