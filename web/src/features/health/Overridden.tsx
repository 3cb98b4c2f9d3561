// How many accounts have a score set by hand, which of the two scores the figures go by, and who they are.
import { Link } from '@tanstack/react-router';
import type { Portfolio } from '@/api/types';
import type { AccountSearch } from '@/features/accounts';
import { t } from '@/lib/i18n';

interface Props {
  figures: Pick<Portfolio, 'effective' | 'overridden'>;
  /** Where the figures are of these accounts at this moment; of two moments there is no list. */
  whose?: AccountSearch;
  className?: string | undefined;
}

export function Overridden({ figures: { effective, overridden: count }, whose, className }: Props) {
  if (count === 0) return null;
  return (
    <p className={className}>
      {t(whose ? 'health.overridden' : 'health.overriddenThen', { count })}{' '}
      {t(`health.effective.${effective}`)}{' '}
      {whose && (
        <Link to="/accounts" search={{ ...whose, hand: '1' }}>
          {t('health.overriddenList')}
        </Link>
      )}
    </p>
  );
}
