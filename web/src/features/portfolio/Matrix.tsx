// The migration matrix: how many accounts went from which colour to which, and of what ARR.
import { Link } from '@tanstack/react-router';
import type { Migration } from '@/api/types';
import type { AccountSearch } from '@/features/accounts';
import { HealthShape, Overridden } from '@/features/health';
import { useFormat } from '@/features/session';
import type { AsOfSearch } from '@/lib/asOf';
import { percentOf } from '@/lib/format';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { cellOf, leftOf, type MatrixShade, type Sum, shadesOf, sumOf, unwellOf, wayOf } from './matrix';
import classes from './PortfolioPage.module.css';
import type { Range } from './search';

interface Props {
  migration: Migration;
  range: Range;
  moves: AccountSearch & AsOfSearch;
}

function Shade({ shade }: { shade: MatrixShade }) {
  return (
    <span className={page.shade}>
      <HealthShape shade={shade} /> {t(`health.band.${shade}`)}
    </span>
  );
}

export function Matrix({ migration, range, moves }: Props) {
  const format = useFormat();
  const { cells } = migration;
  const currency = cells[0]?.tally.arr.currency ?? 'USD';
  const shades = shadesOf(cells);
  const left = leftOf(cells);
  const worse = sumOf(cells, (was, is) => wayOf(was, is) === 'worse').accounts;
  const better = sumOf(cells, (was, is) => wayOf(was, is) === 'better').accounts;
  const money = ({ minor }: Sum) => format.moneyShort({ minor, currency });
  const { was, is, fresh, freshUnwell } = unwellOf(cells);
  const to = range.to ? t('portfolio.toDay', { to: format.date(range.to) }) : t('portfolio.toNow');
  return (
    <Panel id="matrix-title" title={t('portfolio.matrix')}>
      <p className={classes.lead}>
        {t('portfolio.changed', {
          date: format.date(range.from),
          worse: format.number(worse),
          better: format.number(better),
        })}{' '}
        {t(fresh.accounts > 0 ? 'portfolio.changedArrBoth' : 'portfolio.changedArr', {
          was: money(was),
          is: money(is),
        })}{' '}
        {fresh.accounts > 0 &&
          t('portfolio.fresh', {
            count: fresh.accounts,
            shown: format.number(fresh.accounts),
            arr: money(freshUnwell),
          })}
      </p>
      <DataTable label={t('portfolio.matrixTable')} className={classes.matrix}>
        <thead>
          <tr>
            <td className="dim">
              {t('portfolio.was')} ↓ {t(range.to ? 'portfolio.wasThen' : 'portfolio.isNow')} →
            </td>
            {shades.map(is => (
              <th scope="col" key={is} className={page.end}>
                <Shade shade={is} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shades.map(was => {
            const row = sumOf(cells, one => one === was);
            return (
              <tr key={was}>
                <th scope="row">
                  <Shade shade={was} />
                </th>
                {shades.map(is => {
                  const sum = cellOf(cells, was, is);
                  return (
                    <td key={is} className={page.end} data-way={sum.accounts > 0 ? wayOf(was, is) : 'none'}>
                      {sum.accounts > 0 ? (
                        <>
                          <Link
                            to="/accounts"
                            search={{ ...moves, moved: `${was}-${is}` }}
                            className={page.number}
                          >
                            {format.number(sum.accounts)}
                          </Link>
                          <span className={classes.money}>
                            {money(sum)} · {percentOf(sum.accounts, row.accounts)}
                          </span>
                        </>
                      ) : (
                        <span className="dim">–</span>
                      )}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </DataTable>
      <p className={page.note}>
        {t('portfolio.matrixWhy', { from: format.date(range.from), to })}{' '}
        {left > 0 && t('portfolio.leftMoved', { count: left, shown: format.number(left) })}
      </p>
      <Overridden figures={migration} className={page.note} />
    </Panel>
  );
}
