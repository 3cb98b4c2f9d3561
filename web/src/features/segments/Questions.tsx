// How complete the answers to the seven questions are: by question, and by account.
import { Button } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { QuestionGround, SegmentBoard } from '@/api/types';
import { useDraftedRules } from '@/features/program';
import { useCan, useFormat } from '@/features/session';
import { percentOf } from '@/lib/format';
import { t } from '@/lib/i18n';
import { usePhone } from '@/lib/screen';
import { DataTable } from '@/ui/DataTable';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { ShareBar } from '@/ui/ShareBar';
import { useQuestionGrounds } from './queries';
import { type Ready, readyFor } from './ready';
import classes from './Segments.module.css';

/** The facts that the answers come from, by what they are of. */
function Sources({ ground }: { ground: QuestionGround | undefined }) {
  const kinds = ['records', 'events', 'rules'] as const;
  const shown = kinds
    .map(kind => ({ kind, names: ground?.facts.filter(fact => fact.source === kind) ?? [] }))
    .filter(({ names }) => names.length > 0);
  if (shown.length === 0) return <span className="dim">–</span>;
  return shown.map(({ kind, names }) => (
    <span key={kind} className={page.doc}>
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

/** The one step to an answer: a model for the question, as a draft of the program. */
function DraftButton({ ready, ask }: { ready: Ready; ask: string }) {
  const navigate = useNavigate();
  const { rules } = useDraftedRules();
  const [isLost, setLost] = useState(false);
  const open = () => {
    if (!rules?.addFile(ready.file, ready.text)) return setLost(true);
    void navigate({ to: '/program', search: { file: ready.file, panel: 'changes' } });
  };
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        disabled={!rules}
        aria-label={t('segments.draft.label', { question: ask })}
        onClick={open}
      >
        {t('segments.draft.open')}
      </Button>
      {isLost && <span role="alert">{t('segments.save.lost')}</span>}
    </>
  );
}

/** No model answers the question: what one would need, and the step to it. */
function NoModel({ question }: { question: string }) {
  const mayTry = useCan('try');
  const isPhone = usePhone();
  const ready = readyFor(question);
  return (
    <span className={classes.draft}>
      <span className="dim">{t('segments.noModel')}</span>
      {ready && mayTry && !isPhone && (
        <DraftButton ready={ready} ask={t(`questions.ask.${question as 'who'}`)} />
      )}
      {ready && (
        <span className={page.doc}>
          {ready.traits.length > 0
            ? t('segments.draft.needs', {
                count: ready.traits.length,
                names: ready.traits.map(name => `trait.${name}`).join(', '),
              })
            : t('segments.draft.needsNothing')}
        </span>
      )}
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
    <Panel id="questions-title" title={t('segments.questions')} note={t('segments.questionsHelp')}>
      <DataTable
        label={t('table.of', { title: t('segments.questions') })}
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
      >
        <tbody>
          {board.questions.map(({ question, accounts }) => (
            <tr key={question}>
              <th scope="row" className={page.words}>
                {t(`questions.ask.${question as 'who'}`)}
              </th>
              <td className={page.words}>
                {modelsOf(question).join(', ') || <NoModel question={question} />}
              </td>
              <td className={page.words}>
                <Sources ground={grounds?.get(question)} />
              </td>
              <td className="num">
                <AsOf ground={grounds?.get(question)} />
              </td>
              <td className={`${page.end} num`}>
                {grounds?.get(question)?.confidence == null
                  ? '–'
                  : percentOf(grounds.get(question)?.confidence ?? 0, 1)}
              </td>
              <td className={page.end}>
                <Link to="/accounts" search={{ question }} className={page.number}>
                  {format.number(accounts)}
                </Link>
              </td>
              <td className={page.end}>
                <Link to="/accounts" search={{ unanswered: question }} className={page.number}>
                  {format.number(board.accounts - accounts)}
                </Link>
              </td>
              <td className={page.wide}>
                <span className={page.pair}>
                  <ShareBar part={accounts} whole={board.accounts} />
                  <span className="num">{percentOf(accounts, board.accounts)}</span>
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </DataTable>
      <p className={page.note}>{t('segments.groundsHelp')}</p>
      <h3>{t('segments.complete')}</h3>
      <dl className={classes.complete}>
        {board.answered.map((accounts, count) =>
          accounts === 0 ? null : (
            // biome-ignore lint/suspicious/noArrayIndexKey: the place is what it counts
            <div key={count}>
              <dt>{t('segments.completeOf', { count })}</dt>
              <dd>
                <Link to="/accounts" search={{ answered: String(count) }} className={page.number}>
                  {format.number(accounts)}
                </Link>
              </dd>
            </div>
          ),
        )}
      </dl>
    </Panel>
  );
}
