// Signals of an account as moments of its time line.
import { useMemo } from 'react';
import type { Signal } from '@/api/types';
import type { Moment } from '@/features/records';
import { t } from '@/lib/i18n';
import { useSignalHistory } from './queries';
import { reasonOf } from './reason';

/** Raised, and cleared by itself; what was never raised is no moment. */
export function signalMoments(signals: readonly Signal[]): Moment[] {
  return signals.flatMap((signal): Moment[] => {
    if (signal.raised_at === null) return [];
    const name = reasonOf(signal);
    const raised: Moment = {
      at: signal.raised_at,
      kind: 'signal',
      say: 'raised',
      name,
      detail: t(`signals.severity.${signal.severity}`),
    };
    return signal.cleared_at === null
      ? [raised]
      : [raised, { at: signal.cleared_at, kind: 'signal', say: 'cleared', name }];
  });
}

export function useSignalMoments(id: string): Moment[] {
  const { data } = useSignalHistory(id);
  return useMemo(() => signalMoments(data ?? []), [data]);
}
