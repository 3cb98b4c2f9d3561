// The contracts of an account.
import { QueryFailure, useFormat, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import page from '@/ui/page.module.css';
import { Empty, LoadingLines } from '@/ui/states';
import { Capped } from './Capped';
import { ROWS_MAX, useContracts } from './queries';
import classes from './Records.module.css';

export function Contracts({ accountId }: { accountId: string }) {
  const contracts = useContracts(accountId);
  const format = useFormat();
  if (contracts.isPending) return <LoadingLines lines={3} />;
  if (contracts.error)
    return <QueryFailure error={contracts.error} onRetry={() => void contracts.refetch()} />;
  if (contracts.data.length === 0)
    return <Empty title={t('contracts.none')}>{t('contracts.noneHelp')}</Empty>;
  const money = format.moneyOf(contracts.data.map(contract => contract.arr));
  return (
    <>
      <DataTable
        boxed
        className={classes.table}
        label={t('contracts.title')}
        columns={[
          t('contracts.name'),
          t('contracts.status'),
          { end: t('contracts.arr') },
          { end: t('contracts.seats') },
          t('contracts.starts'),
          t('contracts.ends'),
          t('contracts.notice'),
        ]}
      >
        <tbody>
          {contracts.data.map(contract => (
            <tr key={contract.id}>
              <th scope="row">{contract.name}</th>
              <td>{contract.status}</td>
              <td className={`num ${page.end}`}>{contract.arr ? money(contract.arr) : '–'}</td>
              <td className={`num ${page.end}`}>
                {contract.seats === null ? '–' : format.number(contract.seats)}
              </td>
              <td className="num">{format.date(contract.starts_on)}</td>
              <td className="num">
                {format.date(contract.ends_on)}{' '}
                <span className="dim">
                  <When at={contract.ends_on} />
                </span>
              </td>
              <td className="num">{contract.notice_on === null ? '–' : format.date(contract.notice_on)}</td>
            </tr>
          ))}
        </tbody>
      </DataTable>
      <Capped shown={contracts.data.length} limit={ROWS_MAX} />
    </>
  );
}
