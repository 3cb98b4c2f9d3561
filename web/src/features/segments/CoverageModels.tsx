// The coverage models: whose ARR they are for, how many accounts one CSM has, how often they talk.
import { Link } from '@tanstack/react-router';
import type { CoverageBoard, CoverageModel } from '@/api/types';
import { HealthShape, Overridden } from '@/features/health';
import { useFormat, useSession } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import classes from './Segments.module.css';

function bandOf(model: CoverageModel, money: (amount: number) => string): string {
  const from = money(model.arr_from);
  return model.arr_below === null
    ? t('segments.coverage.from', { from })
    : t('segments.coverage.below', { from, below: money(model.arr_below) });
}

function planOf({ accounts_min: min, accounts_max: max }: CoverageModel, number: (value: number) => string) {
  if (min !== null && max !== null) {
    return t('segments.coverage.between', { min: number(min), max: number(max) });
  }
  if (max !== null) return t('segments.coverage.most', { max: number(max) });
  if (min !== null) return t('segments.coverage.least', { min: number(min) });
  return t('segments.coverage.any');
}

/** Beyond what the model plans: the pool as a whole, or its CSMs on average. */
function isOver({ accounts, per, ratio, accounts_max: max }: CoverageModel): boolean {
  const has = per === 'pool' ? accounts : ratio;
  return max !== null && has !== null && has > max;
}

function Cadence({ model }: { model: CoverageModel }) {
  const days = (count: number | null) =>
    count === null ? t('segments.coverage.noCadence') : t('segments.coverage.days', { count });
  return (
    <>
      <span className="num">{days(model.cadence_days)}</span>
      {model.touches.length > 0 && (
        <ul className={classes.touches}>
          {model.touches.map(({ band, cadence_days, focus }) => (
            <li key={band} title={focus || undefined}>
              <HealthShape shade={band} size={10} />{' '}
              {t('segments.coverage.touch', {
                band: t(`health.band.${band}`),
                days: days(cadence_days ?? model.cadence_days),
              })}
              {focus && <span className="dim">, {focus}</span>}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** What its accounts have to have; how many do not is a link to them. */
function Needs({ model }: { model: CoverageModel }) {
  if (model.needs.length === 0) return <span className="dim">{t('segments.coverage.noNeeds')}</span>;
  return (
    <ul className={classes.touches}>
      {model.needs.map(({ gap, rule, doc, missing }) => {
        const name = gap.slice(gap.indexOf('/') + 1);
        return (
          <li key={gap} title={[doc, rule].filter(Boolean).join(': ')}>
            {model.accounts === 0 ? (
              name
            ) : missing === 0 ? (
              t('segments.coverage.needMet', { name })
            ) : (
              <Link to="/accounts" search={{ gap }} className={page.name}>
                {t('segments.coverage.need', { name, count: missing })}
              </Link>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Row({ model, currency }: { model: CoverageModel; currency: string }) {
  const format = useFormat();
  const over = isOver(model);
  return (
    <tr>
      <th scope="row">
        <strong>{model.name}</strong>
        {model.doc && <span className={page.doc}>{model.doc}</span>}
      </th>
      <td className="num">{bandOf(model, amount => format.majorShort(amount, currency))}</td>
      <td className={page.end}>
        <Link to="/accounts" search={{ coverage: model.name }} className={page.number}>
          {format.number(model.accounts)}
        </Link>
      </td>
      <td className={`${page.end} num`}>{model.arr ? format.moneyShort(model.arr) : '–'}</td>
      <td className={`${page.end} num`}>{format.number(model.owners)}</td>
      <td className={`${page.end} num`}>
        <span className={over ? classes.over : undefined}>
          {model.ratio === null ? '–' : format.number(model.ratio, 1)}
          {over && ` · ${t('segments.coverage.loads.over')}`}
        </span>
      </td>
      <td>
        {planOf(model, format.number)}
        <span className={page.doc}>
          {model.per === 'pool' ? t('segments.coverage.planPool') : t('segments.coverage.plan')}
        </span>
      </td>
      <td>
        <Cadence model={model} />
      </td>
      <td className={`${page.end} num`}>{format.number(model.touches_per_week, 1)}</td>
      <td>
        <Needs model={model} />
      </td>
    </tr>
  );
}

export function CoverageModels({ board }: { board: CoverageBoard }) {
  const format = useFormat();
  const { currency } = useSession().workspace;
  return (
    <Panel id="coverage-title" title={t('segments.coverage.models')}>
      <DataTable
        label={t('table.of', { title: t('segments.coverage.models') })}
        className={classes.tallRows}
        columns={[
          t('segments.coverage.name'),
          t('segments.coverage.band'),
          { end: t('segments.accounts') },
          { end: t('segments.arr') },
          { end: t('segments.coverage.csms') },
          { end: t('segments.coverage.ratio') },
          t('segments.coverage.planned'),
          t('segments.coverage.cadence'),
          { end: t('segments.coverage.touches') },
          t('segments.coverage.needs'),
        ]}
      >
        <tbody>
          {board.models.map(model => (
            <Row key={model.name} model={model} currency={currency} />
          ))}
        </tbody>
      </DataTable>
      <p className={page.note}>
        {t('segments.coverage.belowWhy')}. {t('segments.coverage.shorter')}{' '}
        {board.without > 0 &&
          t('segments.coverage.without', { count: board.without, shown: format.number(board.without) })}
      </p>
      <Overridden figures={board} whose={{}} className={page.note} />
    </Panel>
  );
}
