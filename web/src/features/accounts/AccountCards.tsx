// The book on a phone: two lines an account.
import type { VirtualItem } from '@tanstack/react-virtual';
import type { AccountRow } from '@/api/types';
import { HealthMark, Trend } from '@/features/health';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import classes from './AccountTable.module.css';
import { NameLink } from './columns';

function Card({ row }: { row: AccountRow }) {
  const format = useFormat();
  const facts = [
    row.arr ? format.moneyShort(row.arr) : null,
    row.renewal_at ? t('accounts.renews', { when: format.relative(row.renewal_at, format.now) }) : null,
    row.owner?.name ?? null,
  ];
  return (
    <>
      <NameLink row={row} />
      <span className={classes.cardSide}>
        <HealthMark score={row.score} />
      </span>
      <span className={classes.cardMeta}>{facts.filter(Boolean).join(' · ')}</span>
      <span className={classes.cardSide}>
        {row.trend !== null && <Trend points={row.trend} drift={row.drift} />}
      </span>
    </>
  );
}

interface Props {
  items: VirtualItem[];
  height: number;
  total: number;
  rowAt: (index: number) => AccountRow | undefined;
}

export function AccountCards({ items, height, total, rowAt }: Props) {
  return (
    <div role="list" aria-label={t('accounts.title')} className={classes.body} style={{ height }}>
      {items.map(item => {
        const row = rowAt(item.index);
        return (
          <div
            role="listitem"
            key={item.key}
            className={classes.card}
            style={{ transform: `translateY(${item.start}px)` }}
            aria-setsize={total}
            aria-posinset={item.index + 1}
          >
            {row ? <Card row={row} /> : <span className={classes.ghost} style={{ width: 160 }} />}
          </div>
        );
      })}
    </div>
  );
}
