// What people said of an account, as moments of its time line.
import { useMemo } from 'react';
import type { Judgement } from '@/api/types';
import type { Moment } from '@/features/records';
import { t } from '@/lib/i18n';
import { useJudgements } from './queries';

export function judgementMoments(judgements: readonly Judgement[]): Moment[] {
  return judgements.map(({ at, kind, value, author }) => ({
    at,
    kind: 'judgement',
    say: kind,
    name: String(value),
    detail: author?.name ?? t('moments.somebody'),
  }));
}

export function useJudgementMoments(accountId: string): Moment[] {
  const { data } = useJudgements(accountId);
  return useMemo(() => judgementMoments(data ?? []), [data]);
}
