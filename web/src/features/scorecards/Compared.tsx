// A shadow beside the score that counts: on how many accounts they agree, and where they differ most.
import { Link } from '@tanstack/react-router';
import type { ShadowComparison } from '@/api/types';
import { HealthShape } from '@/features/health';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import page from '@/ui/page.module.css';

const SHOWN = 8;

function Cells({ compared }: { compared: ShadowComparison }) {
  const format = useFormat();
  return (
    <DataTable
      label={t('scorecards.colour')}
      columns={[t('scorecards.live'), t('scorecards.says'), { end: t('scorecards.accounts') }]}
    >
      <tbody>
        {compared.colours.map(({ live, shadow, accounts }) => (
          <tr key={`${live} ${shadow}`}>
            {[live, shadow].map((band, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: there are two, in this order
              <td key={i}>
                <span className={page.shade}>
                  <HealthShape shade={band} size={10} /> {t(`health.band.${band}`)}
                </span>
              </td>
            ))}
            <td className={`${page.end} num`}>{format.number(accounts)}</td>
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}

function Movers({ compared }: { compared: ShadowComparison }) {
  const format = useFormat();
  return (
    <DataTable
      label={t('scorecards.movers')}
      columns={[
        t('scorecards.account'),
        { end: t('scorecards.live') },
        { end: t('scorecards.says') },
        { end: t('scorecards.difference') },
      ]}
    >
      <tbody>
        {compared.movers.slice(0, SHOWN).map(({ account_id, name, live, shadow, difference }) => (
          <tr key={account_id}>
            <th scope="row">
              <Link to="/accounts/$accountId" params={{ accountId: account_id }} className={page.name}>
                {name}
              </Link>
            </th>
            <td className={`${page.end} num`}>{format.points(live)}</td>
            <td className={`${page.end} num`}>{format.points(shadow)}</td>
            <td className={`${page.end} num`}>{format.signedPoints(difference)}</td>
          </tr>
        ))}
      </tbody>
    </DataTable>
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
