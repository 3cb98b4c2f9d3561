import { Link } from '@tanstack/react-router';
import { t } from '@/lib/i18n';
import { Empty } from '@/ui/states';

export function NotFound() {
  return (
    <main>
      <Empty title={t('notFound.title')}>
        <Link to="/accounts">{t('notFound.back')}</Link>
      </Empty>
    </main>
  );
}
