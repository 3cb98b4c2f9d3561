// What renews soon, by colour: each horizon holds the one before.
import { Link } from '@tanstack/react-router';
import type { Portfolio } from '@/api/types';
import type { AccountSearch } from '@/features/accounts';
import { HealthShape } from '@/features/health';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { tallyOf } from './figures';
import { SHADES } from './matrix';
import classes from './PortfolioPage.module.css';

export function Renewals({ portfolio, whose }: { portfolio: Portfolio; whose: AccountSearch }) {
  const format = useFormat();
  const { renewals } = portfolio;
  const widest = renewals.at(-1)?.bands ?? [];
  const shades = SHADES.filter(shade => shade !== 'none' || tallyOf(widest, 'none').accounts > 0);
  return (
    <Panel id="renewals-title" title={t('portfolio.renewals')}>
      <DataTable label={t('table.of', { title: t('portfolio.renewals') })}>
        <thead>
          <tr>
            <th scope="col">{t('portfolio.band')}</th>
            {renewals.map(({ within_days }) => (
              <th scope="col" key={within_days} className={page.end}>
                {t('portfolio.within', { days: within_days })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shades.map(band => (
            <tr key={band}>
              <th scope="row">
                <span className={page.shade}>
                  <HealthShape shade={band} /> {t(`health.band.${band}`)}
                </span>
              </th>
              {renewals.map(({ within_days, bands }) => {
                const tally = tallyOf(bands, band);
                return (
                  <td key={within_days} className={page.end}>
                    <Link
                      to="/accounts"
                      search={{ ...whose, band, renewal: String(within_days), sort: 'renewal_at' }}
                      className={page.number}
                    >
                      {format.number(tally.accounts)}
                    </Link>
                    <span className={classes.money}>{format.moneyShort(tally.arr)}</span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </DataTable>
      <p className={page.note}>{t('portfolio.renewingWhy')}</p>
    </Panel>
  );
}
