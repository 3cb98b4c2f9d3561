// How complete the answers to the seven questions are: by question, and by account.
import type { SegmentBoard } from '@/api/types';
import { percentOf } from '@/features/portfolio';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { ScrollRegion } from '@/ui/ScrollRegion';
import classes from './Segments.module.css';
import { TableHead } from './TableHead';

function Bar({ part, whole }: { part: number; whole: number }) {
  return (
    <span className={classes.track} aria-hidden="true">
      <span className={classes.bar} style={{ width: `${whole === 0 ? 0 : (100 * part) / whole}%` }} />
    </span>
  );
}

export function Questions({ board }: { board: SegmentBoard }) {
  const format = useFormat();
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
              { end: t('segments.answered') },
              { end: t('segments.open') },
              { wide: t('segments.share') },
            ]}
          />
          <tbody>
            {board.questions.map(({ question, accounts }) => (
              <tr key={question}>
                <th scope="row">{t(`segments.ask.${question as 'who'}`)}</th>
                <td>
                  {modelsOf(question).join(', ') || <span className="dim">{t('segments.noModel')}</span>}
                </td>
                <td className={`${classes.end} num`}>{format.number(accounts)}</td>
                <td className={`${classes.end} num`}>{format.number(board.accounts - accounts)}</td>
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
      <h3>{t('segments.complete')}</h3>
      <dl className={classes.complete}>
        {board.answered.map((accounts, count) =>
          accounts === 0 ? null : (
            // biome-ignore lint/suspicious/noArrayIndexKey: the place is what it counts
            <div key={count}>
              <dt>{t('segments.completeOf', { count })}</dt>
              <dd className="num">{format.number(accounts)}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}
