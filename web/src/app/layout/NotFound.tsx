import { Link } from '@tanstack/react-router';
import { t } from '@/lib/i18n';
import { useTitle } from '@/lib/title';
import page from '@/ui/page.module.css';

/** In the frame for who is signed in; others are asked to sign in first. */
export function NotFound() {
  useTitle(t('notFound.title'));
  return (
    <div className={page.page}>
      <h1>{t('notFound.title')}</h1>
      <p>
        <Link to="/accounts">{t('notFound.back')}</Link>
      </p>
    </div>
  );
}
