// A set by colour: a bar of its parts, and as a table each part a link to its accounts.
import { Link } from '@tanstack/react-router';
import type { Segment } from '@/api/types';
import type { AccountSearch } from '@/features/accounts';
import { HealthShape } from '@/features/health';
import { useFormat } from '@/features/session';
import { percentOf } from '@/lib/format';
import { t } from '@/lib/i18n';
import { TableHead } from '@/ui/DataTable';
import page from '@/ui/page.module.css';
import classes from './Segments.module.css';

type Bands = Segment['bands'];

const inWords = (bands: Bands, number: (value: number) => string) =>
  bands
    .filter(({ accounts }) => accounts > 0)
    .map(({ band, accounts }) => `${t(`health.band.${band}`)} ${number(accounts)}`)
    .join(', ');

/** One bar; what it says is said in words, too. */
export function ColourBar({ bands }: { bands: Bands }) {
  const format = useFormat();
  const words = inWords(bands, format.number);
  return (
    <span className={classes.colours} title={words}>
      <span className="sr-only">{words || '–'}</span>
      {bands
        .filter(({ accounts }) => accounts > 0)
        .map(({ band, accounts }) => (
          <span key={band} data-shade={band} style={{ flexGrow: accounts }} aria-hidden="true" />
        ))}
    </span>
  );
}

interface TableProps {
  bands: Bands;
  accounts: number;
  search: AccountSearch;
}

export function ColourTable({ bands, accounts, search }: TableProps) {
  const format = useFormat();
  const shown = bands.filter(({ band, accounts: many }) => band !== 'none' || many > 0);
  return (
    <table className={page.table}>
      <TableHead
        columns={[
          t('segments.colour'),
          { end: t('segments.accounts') },
          { end: t('segments.share') },
          { end: t('segments.arr') },
        ]}
      />
      <tbody>
        {shown.map(({ band, accounts: many, arr }) => (
          <tr key={band}>
            <th scope="row">
              <span className={page.shade}>
                <HealthShape shade={band} /> {t(`health.band.${band}`)}
              </span>
            </th>
            <td className={page.end}>
              <Link to="/accounts" search={{ ...search, band }} className={page.number}>
                {format.number(many)}
              </Link>
            </td>
            <td className={`${page.end} num`}>{percentOf(many, accounts)}</td>
            <td className={`${page.end} num`}>{arr ? format.moneyShort(arr) : '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
