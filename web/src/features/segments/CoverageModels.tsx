// The coverage models: whose ARR they are for, how many accounts one CSM has, how often they talk.
import { Link } from '@tanstack/react-router';
import type { CoverageBoard, CoverageModel } from '@/api/types';
import { HealthShape, Overridden } from '@/features/health';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { ScrollRegion } from '@/ui/ScrollRegion';
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
            {missing === 0 ? (
              t('segments.coverage.needMet', { name })
            ) : (
              <Link to="/accounts" search={{ gap }} className={classes.name}>
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
        {model.doc && <span className={classes.doc}>{model.doc}</span>}
      </th>
      <td className="num">{bandOf(model, amount => format.majorShort(amount, currency))}</td>
      <td className={classes.end}>
        <Link to="/accounts" search={{ coverage: model.name }} className={classes.number}>
          {format.number(model.accounts)}
        </Link>
      </td>
      <td className={`${classes.end} num`}>{model.arr ? format.moneyShort(model.arr) : '–'}</td>
      <td className={`${classes.end} num`}>{format.number(model.owners)}</td>
      <td className={`${classes.end} num`}>
        <span className={over ? classes.over : undefined}>
          {model.ratio === null ? '–' : format.number(model.ratio, 1)}
          {over && ` · ${t('segments.coverage.loads.over')}`}
        </span>
      </td>
      <td>
        {planOf(model, format.number)}
        <span className={classes.doc}>
          {model.per === 'pool' ? t('segments.coverage.planPool') : t('segments.coverage.plan')}
        </span>
      </td>
      <td>
        <Cadence model={model} />
      </td>
      <td className={`${classes.end} num`}>{format.number(model.touches_per_week, 1)}</td>
      <td>
        <Needs model={model} />
      </td>
    </tr>
  );
}

export function CoverageModels({ board }: { board: CoverageBoard }) {
  const format = useFormat();
  const currency = board.models.find(model => model.arr)?.arr?.currency ?? 'USD';
  const heads = [
    'name',
    'band',
    'accounts',
    'arr',
    'csms',
    'ratio',
    'planned',
    'cadence',
    'touches',
    'needs',
  ] as const;
  const ends = new Set<string>(['accounts', 'arr', 'csms', 'ratio', 'touches']);
  return (
    <section className={classes.panel} aria-labelledby="coverage-title">
      <h2 id="coverage-title">{t('segments.coverage.models')}</h2>
      <ScrollRegion
        className={classes.scroll}
        label={t('segments.tableOf', { title: t('segments.coverage.models') })}
      >
        <table className={`${classes.table} ${classes.tallRows}`}>
          <thead>
            <tr>
              {heads.map(name => (
                <th key={name} scope="col" className={ends.has(name) ? classes.end : undefined}>
                  {name === 'accounts' || name === 'arr'
                    ? t(`segments.${name}`)
                    : t(`segments.coverage.${name}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {board.models.map(model => (
              <Row key={model.name} model={model} currency={currency} />
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      <p className={classes.note}>
        {t('segments.coverage.belowWhy')}. {t('segments.coverage.shorter')}{' '}
        {board.without > 0 &&
          t('segments.coverage.without', { count: board.without, shown: format.number(board.without) })}
      </p>
      <Overridden figures={board} whose={{}} className={classes.note} />
    </section>
  );
}
