import { Link } from '@tanstack/react-router';
import { t } from '@/lib/i18n';
import { Empty } from '@/ui/states';

/** Where a bill would stand: what is missing, in the words of the API. */
export function NoScore({ why }: { why: string | null }) {
  return (
    <Empty title={t('bill.none')}>
      {why && <p>{why.charAt(0).toUpperCase() + why.slice(1)}.</p>}
      <p>
        {t('bill.noneHelp')} <Link to="/scorecards">{t('bill.noneScorecards')}</Link>
      </p>
    </Empty>
  );
}
