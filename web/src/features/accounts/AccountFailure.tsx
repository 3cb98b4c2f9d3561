// Where the page of an account would stand: there is none, it became part of another, or it cannot be had.
import { Link } from '@tanstack/react-router';
import { hasStatus } from '@/api/errors';
import { QueryFailure } from '@/features/session';
import { t } from '@/lib/i18n';
import page from '@/ui/page.module.css';
import { Empty } from '@/ui/states';
import { useAccount } from './queries';

const Back = () => <Link to="/accounts">{t('notFound.back')}</Link>;

/** The way to the survivor, if it is one of those that the user sees. */
function Survivor({ id }: { id: string }) {
  const survivor = useAccount(id);
  if (survivor.error) return <Back />;
  if (!survivor.data) return null;
  return (
    <Link to="/accounts/$accountId" params={{ accountId: id }}>
      {t('account.mergedInto', { name: survivor.data.value.name })}
    </Link>
  );
}

export function AccountFailure({ error, onRetry }: { error: Error; onRetry: () => void }) {
  if (hasStatus(error, 410) && error.successor !== null) {
    return (
      <Empty isPage title={t('account.merged')}>
        <p>{t('account.mergedHelp')}</p>
        <Survivor id={error.successor} />
      </Empty>
    );
  }
  if (hasStatus(error, 404)) {
    return (
      <Empty isPage title={t('account.missing')}>
        <p>{t('account.missingHelp')}</p>
        <Back />
      </Empty>
    );
  }
  return (
    <div className={page.page}>
      <QueryFailure error={error} onRetry={onRetry} />
      <Back />
    </div>
  );
}
