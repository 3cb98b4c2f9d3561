// A shadow beside the score that counts: on how many accounts they agree, and where they differ most.
import { Link } from '@tanstack/react-router';
import type { ShadowComparison } from '@/api/types';
import { HealthShape } from '@/features/health';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { ScrollRegion } from '@/ui/ScrollRegion';
import classes from './Scorecards.module.css';

const SHOWN = 8;

function Cells({ compared }: { compared: ShadowComparison }) {
  const format = useFormat();
  return (
    <ScrollRegion className={classes.scroll} label={t('scorecards.colour')}>
      <table className={classes.table} aria-label={t('scorecards.colour')}>
        <thead>
          <tr>
            <th scope="col">{t('scorecards.live')}</th>
            <th scope="col">{t('scorecards.says')}</th>
            <th scope="col" className={classes.end}>
              {t('scorecards.accounts')}
            </th>
          </tr>
        </thead>
        <tbody>
          {compared.colours.map(({ live, shadow, accounts }) => (
            <tr key={`${live} ${shadow}`}>
              {[live, shadow].map((band, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: there are two, in this order
                <td key={i}>
                  <span className={classes.shade}>
                    <HealthShape shade={band} size={10} /> {t(`health.band.${band}`)}
                  </span>
                </td>
              ))}
              <td className={`${classes.end} num`}>{format.number(accounts)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function Movers({ compared }: { compared: ShadowComparison }) {
  const format = useFormat();
  return (
    <ScrollRegion className={classes.scroll} label={t('scorecards.movers')}>
      <table className={classes.table} aria-label={t('scorecards.movers')}>
        <thead>
          <tr>
            <th scope="col">{t('scorecards.account')}</th>
            {(['live', 'says', 'difference'] as const).map(name => (
              <th key={name} scope="col" className={classes.end}>
                {t(`scorecards.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {compared.movers.slice(0, SHOWN).map(({ account_id, name, live, shadow, difference }) => (
            <tr key={account_id}>
              <th scope="row">
                <Link to="/accounts/$accountId" params={{ accountId: account_id }}>
                  {name}
                </Link>
              </th>
              <td className={`${classes.end} num`}>{format.points(live)}</td>
              <td className={`${classes.end} num`}>{format.points(shadow)}</td>
              <td className={`${classes.end} num`}>{format.signedPoints(difference)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

export function Compared({ compared }: { compared: ShadowComparison }) {
  const format = useFormat();
  const { both, agree, distance, difference } = compared;
  return (
    <>
      <h3>{t('scorecards.compared')}</h3>
      <p>
        {t('scorecards.agree', {
          count: both,
          shown: format.number(both),
          agree: format.number(agree),
          differ: format.number(both - agree),
        })}{' '}
        {t('scorecards.distance', {
          distance: format.number(distance, 1),
          difference: format.signedPoints(difference),
        })}
      </p>
      {compared.colours.length > 0 && <Cells compared={compared} />}
      {compared.movers.length > 0 && (
        <>
          <h3>{t('scorecards.movers')}</h3>
          <Movers compared={compared} />
        </>
      )}
    </>
  );
}
