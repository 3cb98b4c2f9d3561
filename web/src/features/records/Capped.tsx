// A list that ends where the request did says so: nobody takes a part for the whole.
import { t } from '@/lib/i18n';

interface Props {
  shown: number;
  /** What was asked for: as many rows as that may have more behind them. */
  limit: number;
}

export function Capped({ shown, limit }: Props) {
  return shown < limit ? null : <p className="dim">{t('records.first', { shown: limit })}</p>;
}
