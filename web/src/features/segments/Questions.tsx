// How complete the answers to the seven questions are: by question, and by account.
import { Link } from '@tanstack/react-router';
import type { QuestionGround, SegmentBoard } from '@/api/types';
import { useFormat } from '@/features/session';
import { percentOf } from '@/lib/format';
import { t } from '@/lib/i18n';
import { ScrollRegion } from '@/ui/ScrollRegion';
import { useQuestionGrounds } from './queries';
import classes from './Segments.module.css';
import { TableHead } from './TableHead';

function Bar({ part, whole }: { part: number; whole: number }) {
  return (
    <span className={classes.track} aria-hidden="true">
      <span className={classes.bar} style={{ width: `${whole === 0 ? 0 : (100 * part) / whole}%` }} />
    </span>
  );
}

/** The facts that the answers come from, by what they are of. */
function Sources({ ground }: { ground: QuestionGround | undefined }) {
  const kinds = ['records', 'events', 'rules'] as const;
  const shown = kinds
    .map(kind => ({ kind, names: ground?.facts.filter(fact => fact.source === kind) ?? [] }))
    .filter(({ names }) => names.length > 0);
  if (shown.length === 0) return <span className="dim">–</span>;
  return shown.map(({ kind, names }) => (
    <span key={kind} className={classes.doc}>
      {t(`segments.from.${kind}`, { names: names.map(fact => fact.name).join(', ') })}
    </span>
  ));
}

function AsOf({ ground }: { ground: QuestionGround | undefined }) {
  const format = useFormat();
  if (!ground?.as_of) return <span className="dim">{ground?.sampled ? t('segments.undated') : '–'}</span>;
  return (
    <span title={ground.oldest ? t('segments.oldest', { date: format.date(ground.oldest) }) : undefined}>
      {format.date(ground.as_of)}
    </span>
  );
}

export function Questions({ board }: { board: SegmentBoard }) {
  const format = useFormat();
  const grounds = useQuestionGrounds().data;
  const modelsOf = (question: string) => [
    ...new Set(board.data.filter(set => set.question === question).map(set => set.model ?? '')),
  ];
  return (
    <section className={classes.panel} aria-labelledby="questions-title">
      <h2 id="questions-title">{t('segments.questions')}</h2>
      <p className={classes.note}>{t('segments.questionsHelp')}</p>
      <ScrollRegion
        className={classes.scroll}
        label={t('segments.tableOf', { title: t('segments.questions') })}
      >
        <table className={classes.table}>
          <TableHead
            columns={[
              t('segments.question'),
              t('segments.answers'),
              t('segments.source'),
              t('segments.asOf'),
              { end: t('segments.confidence') },
              { end: t('segments.answered') },
              { end: t('segments.open') },
              { wide: t('segments.share') },
            ]}
          />
          <tbody>
            {board.questions.map(({ question, accounts }) => (
              <tr key={question}>
                <th scope="row">{t(`questions.ask.${question as 'who'}`)}</th>
                <td>
                  {modelsOf(question).join(', ') || <span className="dim">{t('segments.noModel')}</span>}
                </td>
                <td>
                  <Sources ground={grounds?.get(question)} />
                </td>
                <td className="num">
                  <AsOf ground={grounds?.get(question)} />
                </td>
                <td className={`${classes.end} num`}>
                  {grounds?.get(question)?.confidence == null
                    ? '–'
                    : percentOf(grounds.get(question)?.confidence ?? 0, 1)}
                </td>
                <td className={classes.end}>
                  <Link to="/accounts" search={{ question }} className={classes.number}>
                    {format.number(accounts)}
                  </Link>
                </td>
                <td className={classes.end}>
                  <Link to="/accounts" search={{ unanswered: question }} className={classes.number}>
                    {format.number(board.accounts - accounts)}
                  </Link>
                </td>
                <td className={classes.wide}>
                  <span className={classes.pair}>
                    <Bar part={accounts} whole={board.accounts} />
                    <span className="num">{percentOf(accounts, board.accounts)}</span>
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      <p className={classes.note}>{t('segments.groundsHelp')}</p>
      <h3>{t('segments.complete')}</h3>
      <dl className={classes.complete}>
        {board.answered.map((accounts, count) =>
          accounts === 0 ? null : (
            // biome-ignore lint/suspicious/noArrayIndexKey: the place is what it counts
            <div key={count}>
              <dt>{t('segments.completeOf', { count })}</dt>
              <dd>
                <Link to="/accounts" search={{ answered: String(count) }} className={classes.number}>
                  {format.number(accounts)}
                </Link>
              </dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}
