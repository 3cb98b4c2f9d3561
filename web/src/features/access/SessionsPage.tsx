// Where the user is signed in, to be ended when it is not them.
import { t } from '@/lib/i18n';
import { useTitle } from '@/lib/title';
import page from '@/ui/page.module.css';
import { SessionTable } from './SessionTable';

export function SessionsPage() {
  useTitle(t('access.sessions.title'));
  return (
    <section className={page.page} aria-label={t('access.sessions.title')}>
      <header className={page.head}>
        <h1>{t('access.sessions.title')}</h1>
        <p className="dim">{t('access.sessions.help')}</p>
      </header>
      <SessionTable user={null} label={t('access.sessions.table')} />
    </section>
  );
}
