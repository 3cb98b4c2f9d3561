// The answer in words, and who left by colour.
import type { BacktestReport } from '@/api/types';
import { HealthShape } from '@/features/health';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import page from '@/ui/page.module.css';
import { Failure } from '@/ui/states';
import classes from './Backtest.module.css';
import { HEADLINE_DAYS, headlineOf, lostAt, WIDE_BELOW } from './figures';

/** How far the numbers carry. */
function Caution({ report }: { report: BacktestReport }) {
  const cases = report.horizons.find(one => one.days === HEADLINE_DAYS)?.told.left ?? 0;
  if (report.refused) return null;
  if (cases < 10) return <p className={page.note}>{t('backtest.headline.few')}</p>;
  if (cases >= WIDE_BELOW) return null;
  return <p className={page.note}>{t('backtest.headline.wide', { count: cases })}</p>;
}

export function Headline({ report, currency }: { report: BacktestReport; currency: string }) {
  const format = useFormat();
  const { left, notGreen, withoutScore, greenArr, allArr } = headlineOf(report);
  const money = (amount: number) => format.majorShort(amount, currency);
  return (
    <div className={classes.headline}>
      {left > 0 && (
        <>
          <p className={classes.says}>
            {t('backtest.headline.notGreen', { count: left, some: format.number(notGreen) })}{' '}
            {withoutScore > 0 && t('backtest.headline.noScore', { count: withoutScore })}
          </p>
          <dl className={page.figures}>
            <div>
              <dt title={t('backtest.headline.greenWhy', { all: money(allArr) })}>
                {t('backtest.headline.green')}
              </dt>
              <dd>
                <strong className={page.value}>{money(greenArr)}</strong>{' '}
                <span className="dim">{t('backtest.headline.ofAll', { all: money(allArr) })}</span>
              </dd>
            </div>
            {lostAt(report, HEADLINE_DAYS)
              .filter(one => one.count > 0)
              .map(one => (
                <div key={one.colour}>
                  <dt className={page.shade}>
                    <HealthShape shade={one.colour} size={10} /> {t(`health.band.${one.colour}`)}
                  </dt>
                  <dd>
                    <strong className={page.value}>{format.number(one.count)}</strong>{' '}
                    <span className="dim num">{money(one.arr)}</span>
                  </dd>
                </div>
              ))}
          </dl>
        </>
      )}
      {report.refused ? (
        <Failure title={t('backtest.refused')} detail={t('backtest.refusedWhy', { fact: report.refused })} />
      ) : (
        <p className={classes.answer}>{report.verdict}</p>
      )}
      <Caution report={report} />
    </div>
  );
}
