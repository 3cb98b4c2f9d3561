// One scorecard whole: its tree of measures with weights, its exceptions, its colours, and if it is a
// shadow, how far it is from the score that counts.
import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import type { Scorecard, ScorecardPart } from '@/api/types';
import { longMinus, words } from '@/features/health';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { Compared } from './Compared';
import classes from './Scorecards.module.css';

function How({ part }: { part: ScorecardPart }) {
  const format = useFormat();
  const points = (value: number) => format.number(value, 1);
  const bounds = [
    part.floor !== null && t('scorecards.floor', { points: points(part.floor) }),
    part.cap !== null && t('scorecards.cap', { points: points(part.cap) }),
    part.needs !== null && t('scorecards.needs', { count: part.needs }),
    part.missing !== null && t(`scorecards.missing.${part.missing}`),
    part.validity_days !== null && t('scorecards.fresh', { count: part.validity_days }),
  ].filter(Boolean);
  const map = part.map.map(({ value, score }) =>
    t('scorecards.map', { value: longMinus(format.number(value, 2)), score: points(score) }),
  );
  return (
    <>
      {part.rule && <code>{part.rule}</code>}
      {part.kind === 'measure' && (
        <span className={`${page.doc} ${classes.doc}`}>
          {map.length > 0 ? map.join(', ') : t('scorecards.itself')}
        </span>
      )}
      {bounds.length > 0 && <span className={`${page.doc} ${classes.doc}`}>{bounds.join(', ')}</span>}
    </>
  );
}

function Tree({ card }: { card: Scorecard }) {
  const format = useFormat();
  return (
    <DataTable
      label={t('scorecards.tree')}
      className={classes.tree}
      columns={[
        t('scorecards.measure'),
        { end: t('scorecards.weight') },
        { end: t('scorecards.share') },
        t('scorecards.how'),
      ]}
    >
      <tbody>
        {card.parts.map(part => (
          <tr key={part.path} data-kind={part.kind}>
            <th scope="row" data-depth={Math.min(part.depth, 4)}>
              {words(part.name)}
            </th>
            <td className={`${page.end} num`}>{format.number(part.weight, 1)}</td>
            <td className={`${page.end} num`}>{format.number(100 * part.share, 1)} %</td>
            <td className={page.words}>
              <How part={part} />
            </td>
          </tr>
        ))}
        {card.children !== 'none' && (
          <tr data-kind="group">
            <th scope="row">{t('scorecards.children')}</th>
            <td />
            <td className={`${page.end} num`}>{format.number(100 * card.children_share, 1)} %</td>
            <td className={page.words}>{t(`scorecards.childrenTake.${card.children}`)}</td>
          </tr>
        )}
      </tbody>
    </DataTable>
  );
}

function Exceptions({ card }: { card: Scorecard }) {
  const format = useFormat();
  if (card.exceptions.length === 0) return <p className={page.note}>{t('scorecards.noExceptions')}</p>;
  return (
    <ol className={classes.exceptions}>
      {card.exceptions.map(({ kind, points, when, because }) => (
        <li key={`${because} ${when}`}>
          <strong>{because}</strong>:{' '}
          {t(`scorecards.exception.${kind}`, { points: format.number(points, 1) })}
          <code>{when}</code>
        </li>
      ))}
    </ol>
  );
}

/** Each leads to the accounts that it is the grade of; a shadow's is nobody's. */
function Grades({ card }: { card: Scorecard }) {
  return (
    <p className={page.note}>
      {t('scorecards.grades')}{' '}
      {card.grades.map(({ name, from }, i) => {
        const text = t('scorecards.grade', { name, points: from });
        return (
          <Fragment key={name}>
            {i > 0 && ', '}
            {card.shadow ? (
              text
            ) : (
              <Link to="/accounts" search={{ scorecard: card.name, grade: name }}>
                {text}
              </Link>
            )}
          </Fragment>
        );
      })}
    </p>
  );
}

export function Whole({ card }: { card: Scorecard }) {
  const format = useFormat();
  const { yellow, green, margin } = card;
  const bands = {
    yellow: format.number(yellow, 1),
    green: format.number(green, 1),
    margin: format.number(margin, 1),
  };
  return (
    <Panel id="card-title" title={t('scorecards.about', { name: card.name })}>
      <p className={page.note}>
        {t('scorecards.bands', bands)} <Link to="/program">{t('scorecards.go')}</Link>
      </p>
      {card.grades.length > 0 && <Grades card={card} />}
      {card.compared && <Compared compared={card.compared} />}
      <h3>{t('scorecards.tree')}</h3>
      <Tree card={card} />
      <h3>{t('scorecards.exceptions')}</h3>
      <Exceptions card={card} />
    </Panel>
  );
}
