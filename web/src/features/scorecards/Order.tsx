// The models in the order in which they are tried, each with the accounts that it gets.
import { Link } from '@tanstack/react-router';
import type { Scorecard, ScorecardBoard } from '@/api/types';
import { SHADES } from '@/features/accounts';
import { HealthShape } from '@/features/health';
import { useSegmentBoard } from '@/features/segments';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import classes from './Scorecards.module.css';

type Bands = Scorecard['bands'];
const COLOURS = ['red', 'yellow', 'green'] as const;

export function Colours({ bands, search }: { bands: Bands; search?: { scorecard: string } }) {
  const format = useFormat();
  return (
    <span className={classes.shades}>
      {COLOURS.map(band => (
        <span key={band} className={page.shade}>
          <HealthShape shade={band} size={10} />
          <span className="sr-only">{t(`health.band.${band}`)}</span>
          {search && bands[band] > 0 && SHADES.includes(band) ? (
            <Link to="/accounts" search={{ ...search, band }} className={page.number}>
              {format.number(bands[band])}
            </Link>
          ) : (
            <span className={page.number}>{format.number(bands[band])}</span>
          )}
        </span>
      ))}
    </span>
  );
}

function Row({ card, place, chosen }: { card: Scorecard; place: number | null; chosen: boolean }) {
  const format = useFormat();
  // A shadow's colours are its own; lists go by the score that counts.
  const search = card.shadow ? undefined : { scorecard: card.name };
  return (
    <tr aria-current={chosen}>
      <td className="num">{place ?? '–'}</td>
      <th scope="row">
        <Link
          to="/scorecards"
          search={{ card: card.name }}
          className={`${page.name} ${classes.card}`}
          resetScroll={false}
        >
          {card.name}
        </Link>
        {card.shadow && (
          <span className={classes.shadow} title={t('scorecards.shadowWhy')}>
            {t('scorecards.shadow')}
          </span>
        )}
        {card.doc && <span className={`${page.doc} ${classes.doc}`}>{card.doc}</span>}
      </th>
      <td className={page.end}>
        <Link to="/accounts" search={{ scorecard: card.name }} className={page.number}>
          {format.number(card.accounts)}
        </Link>
      </td>
      <td className={`${page.end} num`}>{format.moneyShort(card.arr)}</td>
      <td>
        <Colours bands={card.bands} {...(search ? { search } : {})} />
      </td>
      <td className={page.words}>
        {card.applies_when ? <code>{card.applies_when}</code> : t('scorecards.always')}
        <span className={`${page.doc} ${classes.doc}`}>
          {t('scorecards.priority', { priority: card.priority })}
        </span>
      </td>
    </tr>
  );
}

/** Accounts that nothing tells apart, each one click away. */
function Left({ board }: { board: ScorecardBoard }) {
  const format = useFormat();
  // null: the program has no primary model.
  const unsegmented = useSegmentBoard().data?.unsegmented;
  return (
    <>
      <tr>
        <td>–</td>
        <th scope="row">{t('scorecards.unscored')}</th>
        <td className={page.end}>
          <Link to="/accounts" search={{ scorecard: 'none' }} className={page.number}>
            {format.number(board.unscored)}
          </Link>
        </td>
        <td />
        <td />
        <td className={page.words}>{t('scorecards.unscoredWhy')}</td>
      </tr>
      {unsegmented != null && (
        <tr>
          <td>–</td>
          <th scope="row">{t('scorecards.unsegmented')}</th>
          <td className={page.end}>
            <Link to="/accounts" search={{ flag: 'unsegmented' }} className={page.number}>
              {format.number(unsegmented)}
            </Link>
          </td>
          <td />
          <td />
          <td />
        </tr>
      )}
    </>
  );
}

export function Order({ board, chosen }: { board: ScorecardBoard; chosen: string | undefined }) {
  const live = board.data.filter(card => !card.shadow);
  return (
    <Panel id="order-title" title={t('scorecards.order')}>
      <DataTable
        className={classes.order}
        label={t('table.of', { title: t('scorecards.order') })}
        columns={[
          t('scorecards.place'),
          t('scorecards.name'),
          { end: t('scorecards.accounts') },
          { end: t('scorecards.arr') },
          t('scorecards.colours'),
          t('scorecards.applies'),
        ]}
      >
        <tbody>
          {board.data.map(card => (
            <Row
              key={card.name}
              card={card}
              place={card.shadow ? null : live.indexOf(card) + 1}
              chosen={card.name === chosen}
            />
          ))}
          <Left board={board} />
        </tbody>
      </DataTable>
      <p className={page.note}>{t('scorecards.rule')}</p>
    </Panel>
  );
}
