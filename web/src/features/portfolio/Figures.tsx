// The few figures above all: each with its definition, each a link to its accounts.
import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import type { Portfolio, Tally } from '@/api/types';
import { type AccountSearch, ANY_DAY } from '@/features/accounts';
import { Overridden } from '@/features/health';
import { useFormat } from '@/features/session';
import { percentOf } from '@/lib/format';
import { t } from '@/lib/i18n';
import page from '@/ui/page.module.css';
import { tallyOf } from './figures';
import classes from './PortfolioPage.module.css';

interface Props {
  portfolio: Portfolio;
  whose: AccountSearch;
}

interface FigureProps {
  name: string;
  value: string;
  why: string;
  search: AccountSearch;
  tone?: 'bad';
}

function Figure({ name, value, why, search, tone }: FigureProps) {
  return (
    <div className={classes.figure} data-tone={tone}>
      <dt>{name}</dt>
      <dd>
        <Link to="/accounts" search={search} className={classes.value} aria-label={`${name}: ${value}`}>
          {value}
        </Link>
        <span className={classes.why}>{why}</span>
      </dd>
    </div>
  );
}

/** Who is gone keeps a colour, so that red is not only what can still be helped. */
function Left({ portfolio, whose }: Props) {
  const format = useFormat();
  const { all, bands } = portfolio;
  if (all.left === 0) return null;
  return (
    <p className={page.note}>
      {t('portfolio.left', { count: all.left, shown: format.number(all.left) })}{' '}
      {bands
        .filter(({ tally }) => tally.left > 0)
        .map(({ band, tally }, i) => (
          <Fragment key={band}>
            {i > 0 && ', '}
            <Link to="/accounts" search={{ ...whose, band, left: ANY_DAY }}>
              {t('portfolio.leftOfBand', {
                shown: format.number(tally.left),
                band: t(`health.band.${band}`).toLowerCase(),
              })}
            </Link>
          </Fragment>
        ))}
      .
    </p>
  );
}

export function Figures({ portfolio, whose }: Props) {
  const format = useFormat();
  const { all, bands, at_risk, yellow_at_risk, renewals, other_currency, grey } = portfolio;
  const money = (tally: Tally) => format.moneyShort(tally.arr);
  const green = tallyOf(bands, 'green');
  const renewing = renewals.at(-1)?.bands ?? [];
  const minor = renewing.reduce((sum, { tally }) => sum + tally.arr.minor, 0);
  const red = at_risk.accounts - yellow_at_risk.accounts;
  const why = t('portfolio.atRiskWhy', {
    days: portfolio.risk_window_days,
    red: format.number(red),
    yellow: format.number(yellow_at_risk.accounts),
  });
  const { left } = at_risk;
  const gone = left > 0 ? ` ${t('portfolio.leftOfThem', { count: left, shown: format.number(left) })}` : '';
  return (
    <div>
      <dl className={classes.figures}>
        <Figure
          name={t('portfolio.accounts')}
          value={format.number(all.accounts)}
          why={t('portfolio.scale')}
          search={whose}
        />
        <Figure
          name={t('portfolio.arr')}
          value={money(all)}
          why={t(format.isPast ? 'asOf.arrWhy' : 'portfolio.arrWhy')}
          search={whose}
        />
        <Figure
          name={t('portfolio.atRisk')}
          value={`${money(at_risk)} · ${percentOf(at_risk.arr.minor, all.arr.minor)}`}
          why={`${why}${gone}`}
          search={{ ...whose, risk: '1' }}
          {...(at_risk.accounts > 0 ? { tone: 'bad' as const } : {})}
        />
        <Figure
          name={t('portfolio.green')}
          value={percentOf(green.arr.minor, all.arr.minor)}
          why={t('portfolio.greenWhy')}
          search={{ ...whose, band: 'green' }}
        />
        <Figure
          name={t('portfolio.renewing')}
          value={format.moneyShort({ minor, currency: all.arr.currency })}
          why={t('portfolio.renewingWhy')}
          search={{ ...whose, renewal: '90', sort: 'renewal_at' }}
        />
      </dl>
      <Left portfolio={portfolio} whose={whose} />
      {other_currency > 0 && <p className={page.note}>{t('portfolio.other', { count: other_currency })}</p>}
      <Overridden figures={portfolio} whose={whose} className={page.note} />
      {grey.accounts > 0 && <p className={page.note}>{t('portfolio.grey', { count: grey.accounts })}</p>}
    </div>
  );
}
