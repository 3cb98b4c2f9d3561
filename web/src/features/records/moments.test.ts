import { expect, test } from 'vitest';
import type { Contract, Person, Ticket } from '@/api/types';
import { momentsOf } from './moments';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const contract = {
  name: 'Plan',
  status: 'active',
  starts_on: '2026-01-01',
  ends_on: '2026-12-31',
} as Contract;
const ticket = (priority: Ticket['priority'], solved_at: string | null) =>
  ({ subject: 'Down', priority, opened_at: '2026-02-01T00:00:00Z', solved_at }) as Ticket;
const person = (to: string | null, left_at: string | null) =>
  ({ name: 'Kim', left_at, roles: [{ role: 'champion', from: '2026-01-15T00:00:00Z', to }] }) as Person;
const none = { contracts: [], tickets: [], people: [] };
const says = (moments: { say: string }[]) => moments.map(moment => moment.say).join(' ');

test('what lies ahead is not marked, and a draft binds nobody', () => {
  expect(says(momentsOf({ ...none, contracts: [contract] }, NOW))).toBe('begins');
  expect(says(momentsOf({ ...none, contracts: [{ ...contract, status: 'draft' }] }, NOW))).toBe('');
  expect(says(momentsOf({ ...none, contracts: [{ ...contract, ends_on: '2026-05-01' }] }, NOW))).toBe(
    'begins ends',
  );
});

test('only urgent tickets are marked, and that they were solved', () => {
  const tickets = [ticket('low', null), ticket('normal', null), ticket('critical', '2026-02-03T00:00:00Z')];
  expect(says(momentsOf({ ...none, tickets }, NOW))).toBe('opened solved');
});

test('a champion who leaves is told once; one who only stops being it, as that', () => {
  const left = '2026-03-01T00:00:00Z';
  expect(says(momentsOf({ ...none, people: [person(left, left)] }, NOW))).toBe('comes left');
  expect(says(momentsOf({ ...none, people: [person(null, left)] }, NOW))).toBe('comes left');
  expect(says(momentsOf({ ...none, people: [person(left, null)] }, NOW))).toBe('comes goes');
});

test('moments of all kinds come in their order', () => {
  const all = { contracts: [contract], tickets: [ticket('high', null)], people: [person(null, null)] };
  expect(says(momentsOf(all, NOW))).toBe('begins comes opened');
});
