// What people say beside what is computed: the sentiment, and the score set by hand with who, why and
// until when.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { AccountHealth, Judgement, JudgementKind } from '@/api/types';
import { useCan, useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { JudgeForm } from './JudgeForm';
import classes from './Judgements.module.css';
import { useJudgements, useTakeBack } from './queries';

const KINDS: readonly JudgementKind[] = ['sentiment', 'override'];

/** The nearest of the five words. */
function feelingOf(value: number) {
  return String(Math.round(value / 25) * 25) as '0' | '25' | '50' | '75' | '100';
}

function Said({ judgement }: { judgement: Judgement }) {
  const format = useFormat();
  const { kind, value, author, at, until, reason } = judgement;
  return (
    <span>
      <strong className="num">
        {kind === 'sentiment' ? `${t(`judgement.feeling.${feelingOf(value)}`)} (${value})` : value}
      </strong>{' '}
      {reason}{' '}
      <span className="dim">
        {t('judgement.by', {
          name: author?.name ?? 'Cairn',
          at: format.date(at),
          until: format.date(until),
        })}
      </span>
    </span>
  );
}

interface LineProps {
  accountId: string;
  kind: JudgementKind;
  judgement: Judgement | undefined;
  mayWrite: boolean;
  onSay: () => void;
}

function Line({ accountId, kind, judgement, mayWrite, onSay }: LineProps) {
  const takeBack = useTakeBack(accountId);
  return (
    <div className={classes.line}>
      <dt>{t(`judgement.kind.${kind}`)}</dt>
      <dd>
        {judgement ? (
          <Said judgement={judgement} />
        ) : (
          <span className="dim">{t(`judgement.none.${kind}`)}</span>
        )}
        {mayWrite && (
          <span className={classes.tools}>
            <Button size="compact-xs" variant="subtle" onClick={onSay}>
              {t(`judgement.say.${kind}`)}
            </Button>
            {judgement && (
              <Button
                size="compact-xs"
                variant="subtle"
                loading={takeBack.isPending}
                onClick={() => takeBack.mutate(judgement.id)}
                aria-label={t(`judgement.takeBackOf.${kind}`)}
              >
                {t('judgement.takeBack')}
              </Button>
            )}
          </span>
        )}
      </dd>
    </div>
  );
}

interface Props {
  accountId: string;
  health: AccountHealth | null | undefined;
}

export function Judgements({ accountId, health }: Props) {
  const mayWrite = useCan('write');
  const judgements = useJudgements(accountId).data ?? [];
  const [saying, setSaying] = useState<JudgementKind | null>(null);
  const past = judgements.filter(one => !one.is_current);
  return (
    <section className={classes.panel} aria-labelledby="judgements-title">
      <h2 id="judgements-title">{t('judgement.title')}</h2>
      <dl className={classes.lines}>
        {KINDS.map(kind => (
          <Line
            key={kind}
            accountId={accountId}
            kind={kind}
            judgement={judgements.find(one => one.kind === kind && one.is_current)}
            mayWrite={mayWrite}
            onSay={() => setSaying(kind)}
          />
        ))}
      </dl>
      {health?.override && <p className={classes.note}>{t(`judgement.effective.${health.effective}`)}</p>}
      {past.length > 0 && (
        <details className={classes.past}>
          <summary>{t('judgement.past', { count: past.length })}</summary>
          <ul>
            {past.map(one => (
              <li key={one.id}>
                {t(`judgement.kind.${one.kind}`)}: <Said judgement={one} />
              </li>
            ))}
          </ul>
        </details>
      )}
      {saying && (
        <JudgeForm
          accountId={accountId}
          kind={saying}
          points={health?.points ?? null}
          onClose={() => setSaying(null)}
        />
      )}
    </section>
  );
}
