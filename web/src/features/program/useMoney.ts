// Amounts of the program's answers: major units of the reporting currency.
import { useCallback } from 'react';
import { useFormat, useSession } from '@/features/session';

export function useMoney(): (amount: number) => string {
  const format = useFormat();
  const { currency } = useSession().workspace;
  return useCallback((amount: number) => format.majorShort(amount, currency), [format, currency]);
}
