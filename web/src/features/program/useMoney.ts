// Amounts of the program's answers: major units of a currency.
import { useCallback } from 'react';
import { useFormat } from '@/features/session';

export function useMoney(currency: string): (amount: number) => string {
  const format = useFormat();
  return useCallback((amount: number) => format.majorShort(amount, currency), [format, currency]);
}
