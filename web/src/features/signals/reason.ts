// What a signal says in a line, in lists.
import type { Signal } from '@/api/types';

/** Signals of one rule and account differ by their tickets. */
export function reasonOf(signal: Pick<Signal, 'because' | 'rule' | 'ticket_subject'>): string {
  const reason = signal.because || signal.rule;
  return signal.ticket_subject ? `${reason}: ${signal.ticket_subject}` : reason;
}
