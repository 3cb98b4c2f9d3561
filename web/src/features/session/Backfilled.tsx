// Of scores of a past moment: how many were not lived.
import type { AccountList } from '@/api/types';
import { t } from '@/lib/i18n';
import page from '@/ui/page.module.css';
import { useFormat } from './format';

export function Backfilled({ asOf }: { asOf: AccountList['as_of'] }) {
  const format = useFormat();
  if (!asOf || asOf.backfilled === 0) return null;
  return (
    <p className={page.note}>
      {t('asOf.backfilled', { count: asOf.backfilled, shown: format.number(asOf.backfilled) })}
    </p>
  );
}
