import { expect, test } from 'vitest';
import type { Account, AccountHealth, Person, Ticket } from '@/api/types';
import { type Known, nextStep } from './nextStep';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const champion = {
  name: 'Kim',
  left_at: null,
  roles: [{ role: 'champion', from: '2026-01-01T00:00:00Z', to: null }],
} as unknown as Person;
const ticket = (priority: Ticket['priority'], status: Ticket['status']) =>
  ({ subject: 'Down', priority, status }) as Ticket;
const health = (band: 'red' | 'green', grey = false) =>
  ({ band, grey, items: [] }) as unknown as AccountHealth;
const calm: Known = {
  account: { name: 'Acme', owner: { id: 'u', name: 'Sam' }, renewal_at: null } as Account,
  health: health('green'),
  people: [champion],
  tickets: [],
  now: NOW,
};

test('an account that is well needs nobody', () => {
  expect(nextStep(calm)).toBeNull();
});

test('an open critical ticket comes before everything else', () => {
  const tickets = [ticket('low', 'open'), ticket('critical', 'open')];
  const step = nextStep({ ...calm, tickets, people: [] });
  expect(step).toMatchObject({ say: 'ticket', tab: 'tickets', name: 'Down' });
  expect(nextStep({ ...calm, tickets: [ticket('critical', 'solved')] })).toBeNull();
});

test('a champion who left is to be replaced; an account that never had one is not nagged about it', () => {
  const left = { ...champion, left_at: '2026-05-01T00:00:00Z' };
  expect(nextStep({ ...calm, people: [left] })).toMatchObject({ say: 'champion', tab: 'people' });
  expect(nextStep({ ...calm, people: [] })).toBeNull();
});

test('a renewal asks for a talk when it is near and the account is not green', () => {
  const account = { ...calm.account, renewal_at: '2026-07-01T00:00:00Z' };
  expect(nextStep({ ...calm, account })).toBeNull();
  expect(nextStep({ ...calm, account, health: health('red') })).toMatchObject({
    say: 'renewal',
    name: '30',
    with: 'Kim',
  });
  const far = { ...account, renewal_at: '2027-07-01T00:00:00Z' };
  expect(nextStep({ ...calm, account: far, health: health('red') })).toBeNull();
});

test('too little known asks for facts', () => {
  expect(nextStep({ ...calm, health: null })).toMatchObject({ say: 'unknown' });
  expect(nextStep({ ...calm, health: health('red', true) })).toMatchObject({ say: 'unknown' });
});
