// The book by colour: accounts and ARR, their shares as bars, and how many there were then.
import { Link } from '@tanstack/react-router';
import type { Migration, Portfolio } from '@/api/types';
import { type AccountSearch, ANY_DAY } from '@/features/accounts';
import { HealthShape } from '@/features/health';
import { useFormat } from '@/features/session';
import { useAsOf } from '@/lib/asOf';
import { percentOf } from '@/lib/format';
import { t } from '@/lib/i18n';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { ShareBar } from '@/ui/ShareBar';
import { sumOf } from './matrix';
import classes from './PortfolioPage.module.css';
import type { Range } from './search';

interface Props {
  portfolio: Portfolio;
  migration: Migration | undefined;
  range: Range;
  whose: AccountSearch;
}

export function Bands({ portfolio, migration, range, whose }: Props) {
  const format = useFormat();
  const isPast = useAsOf() !== undefined; // movements are those of today's accounts: two books in one table
  const { all } = portfolio;
  const bands = portfolio.bands.filter(({ band, tally }) => band !== 'none' || tally.accounts > 0);
  return (
    <Panel id="bands-title" title={t('portfolio.bands')}>
      <table className={page.table}>
        <thead>
          <tr>
            <th scope="col">{t('portfolio.band')}</th>
            <th scope="col" className={page.end}>
              {t('portfolio.accounts')}
            </th>
            {!isPast && (
              <th scope="col" className={page.end}>
                {t('portfolio.onDate', { date: format.date(range.from) })}
              </th>
            )}
            <th scope="col" className={page.end}>
              {t('portfolio.arr')}
            </th>
            <th scope="col" className={classes.bars}>
              {t('portfolio.shareOf')}
            </th>
          </tr>
        </thead>
        <tbody>
          {bands.map(({ band, tally }) => (
            <tr key={band}>
              <th scope="row">
                <span className={page.shade}>
                  <HealthShape shade={band} /> {t(`health.band.${band}`)}
                </span>
              </th>
              <td className={page.end}>
                <Link to="/accounts" search={{ ...whose, band }} className={page.number}>
                  {format.number(tally.accounts)}
                </Link>
                {tally.left > 0 && (
                  <Link to="/accounts" search={{ ...whose, band, left: ANY_DAY }} className={classes.money}>
                    {t('portfolio.leftThere', { count: tally.left, shown: format.number(tally.left) })}
                  </Link>
                )}
              </td>
              {!isPast && (
                <td className={`${page.end} dim num`}>
                  {migration ? format.number(sumOf(migration.cells, was => was === band).accounts) : ''}
                </td>
              )}
              <td className={`${page.end} num`}>{format.moneyShort(tally.arr)}</td>
              <td className={classes.bars}>
                <span className={page.pair}>
                  <ShareBar part={tally.accounts} whole={all.accounts} shade={band} />
                  <span className="num">{percentOf(tally.accounts, all.accounts)}</span>
                  <ShareBar part={tally.arr.minor} whole={all.arr.minor} shade={band} />
                  <span className="num">{percentOf(tally.arr.minor, all.arr.minor)}</span>
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
