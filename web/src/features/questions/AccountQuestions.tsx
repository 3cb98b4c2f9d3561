// What an account answers of the seven questions, what each answer rests on, and what would answer the
// rest.
import { Link } from '@tanstack/react-router';
import type { QuestionAnswer } from '@/api/types';
import { QueryFailure, useFormat } from '@/features/session';
import { percentOf } from '@/lib/format';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import page from '@/ui/page.module.css';
import { LoadingLines } from '@/ui/states';
import classes from './Questions.module.css';
import { useAnsweringModels, useAnswers } from './queries';

function Facts({ answer }: { answer: QuestionAnswer }) {
  if (answer.facts.length === 0) return <span className="dim">{t('questions.always')}</span>;
  return (
    <ul className={classes.facts}>
      {answer.facts.map(({ name, value_text, source }) => (
        <li key={name}>
          {source
            ? t('questions.fact', { name, value: value_text || '–', source })
            : t('questions.factBare', { name, value: value_text || '–' })}
        </li>
      ))}
    </ul>
  );
}

function Answered({ answer, segment }: { answer: QuestionAnswer; segment: string }) {
  const format = useFormat();
  return (
    <>
      <td>
        <Link
          to="/segments/$name"
          params={{ name: segment }}
          className={page.name}
          title={answer.rule ?? undefined}
        >
          {segment}
        </Link>
        {answer.model && <span className={page.doc}>{t('questions.model', { name: answer.model })}</span>}
      </td>
      <td className={page.words}>
        <Facts answer={answer} />
      </td>
      <td className="num">
        {answer.as_of ? format.date(answer.as_of) : <span className="dim">{t('questions.undated')}</span>}
      </td>
      <td className={`${page.end} num`}>{percentOf(answer.confidence ?? 0, 1)}</td>
    </>
  );
}

function Open({ models }: { models: ReadonlySet<string> | undefined }) {
  return (
    <>
      <td className="dim">{t('questions.open')}</td>
      <td colSpan={3} className={`${page.words} dim`}>
        {models ? t('questions.outside', { models: [...models].join(', ') }) : t('questions.noModel')}
      </td>
    </>
  );
}

export function AccountQuestions({ accountId }: { accountId: string }) {
  const answers = useAnswers(accountId);
  const answering = useAnsweringModels();
  const error = answers.error ?? answering.error;
  if (error) {
    return (
      <QueryFailure
        error={error}
        onRetry={() => {
          void answers.refetch();
          void answering.refetch();
        }}
      />
    );
  }
  const { models } = answering;
  if (!answers.data || !models) return <LoadingLines lines={8} />;
  const answered = answers.data.filter(answer => answer.segment !== null).length;
  return (
    <div className={classes.stack}>
      <p className={classes.lead}>
        <strong>{t('questions.lead', { count: answered })}</strong>{' '}
        <span className="dim">{t('questions.help')}</span>
      </p>
      <DataTable
        boxed
        label={t('account.tab.questions')}
        className={classes.table}
        columns={[
          t('questions.question'),
          t('questions.answer'),
          t('questions.facts'),
          t('questions.asOf'),
          { end: t('questions.confidence') },
        ]}
      >
        <tbody>
          {answers.data.map(answer => (
            <tr key={answer.question}>
              <th scope="row">{t(`questions.ask.${answer.question as 'who'}`)}</th>
              {answer.segment === null ? (
                <Open models={models.get(answer.question)} />
              ) : (
                <Answered answer={answer} segment={answer.segment} />
              )}
            </tr>
          ))}
        </tbody>
      </DataTable>
      {answered > 0 && <p className={page.note}>{t('questions.oldest')}</p>}
      {answered < answers.data.length && (
        <p className={page.note}>
          {t('questions.how')} <Link to="/program">{t('questions.howGo')}</Link>
        </p>
      )}
    </div>
  );
}
