// How the accounts of a set stand and what became of them, as the cells of a row.
import { Link } from '@tanstack/react-router';
import type { AccountSearch } from '@/features/accounts';
import { useFormat } from '@/features/session';
import { percentOf } from '@/lib/format';
import { t } from '@/lib/i18n';
import page from '@/ui/page.module.css';
import { ColourBar } from './Colours';
import type { Fate } from './sets';

/** What the server counts as a fate, in days. */
const RECENT = '365';

/** The heads of these cells. */
export const fateColumns = () => [
  { end: t('segments.accounts') },
  { end: t('segments.arr') },
  { wide: t('segments.colours') },
  { end: t('segments.fates.at_risk') },
  { end: t('segments.fates.left') },
  { end: t('segments.fates.renewed') },
];

const COLUMNS = [
  { column: 'at_risk', where: { risk: '1' } },
  { column: 'left', where: { left: RECENT } },
  { column: 'renewed', where: { renewed: RECENT } },
] as const;

function Count({ count, search }: { count: number; search: AccountSearch | null }) {
  const format = useFormat();
  if (!search || count === 0) return <span className="num">{format.number(count)}</span>;
  return (
    <Link to="/accounts" search={search} className={page.number}>
      {format.number(count)}
    </Link>
  );
}

interface Props {
  fate: Fate;
  /** The list of these accounts; null: there is none that can say it. */
  search: AccountSearch | null;
}

export function FateCells({ fate, search }: Props) {
  const format = useFormat();
  const { accounts } = fate;
  return (
    <>
      <td className={page.end}>
        <Count count={accounts} search={search} />
      </td>
      <td className={`${page.end} num`}>{fate.arr ? format.moneyShort(fate.arr) : '–'}</td>
      <td className={page.wide}>
        <ColourBar bands={fate.bands} />
      </td>
      {COLUMNS.map(({ column, where }) => {
        const sum = fate[column];
        return (
          <td key={column} className={page.end}>
            <Count count={sum.accounts} search={search && { ...search, ...where }} />
            {sum.accounts > 0 && (
              <span className={`${page.doc} num`}>
                {percentOf(sum.accounts, accounts)}
                {sum.arr && ` · ${format.moneyShort(sum.arr)}`}
              </span>
            )}
          </td>
        );
      })}
    </>
  );
}
