import { expect, test } from 'vitest';
import { reasonOf } from './reason';

test('a signal of a ticket names it, so that two of one account are told apart', () => {
  const signal = { because: 'it waits', rule: 'critical-ticket', ticket_subject: 'No mails' };
  expect(reasonOf(signal)).toBe('it waits: No mails');
  expect(reasonOf({ ...signal, because: '', ticket_subject: '' })).toBe('critical-ticket');
});
