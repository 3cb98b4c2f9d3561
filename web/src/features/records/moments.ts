// What happened to an account, as marks on a time line: contracts, urgent tickets, people who matter.
// Pure; reads records, decides nothing.
import type { Contract, Person, Ticket } from '@/api/types';

export type MomentKind = 'contract' | 'ticket' | 'person' | 'rules' | 'signal' | 'judgement';

export interface Moment {
  at: string;
  kind: MomentKind;
  /** A key of the texts under "moments", and what goes into it. */
  say:
    | 'begins'
    | 'ends'
    | 'opened'
    | 'solved'
    | 'comes'
    | 'goes'
    | 'left'
    | 'scorecard'
    | 'program'
    | 'raised'
    | 'cleared'
    | 'sentiment'
    | 'override';
  name: string;
  detail?: string;
}

const URGENT: ReadonlySet<Ticket['priority']> = new Set(['critical', 'high']);
const KEY_ROLES = new Set(['champion', 'sponsor']);

function ofContract(contract: Contract): Moment[] {
  if (contract.status === 'draft' || contract.status === 'cancelled') return [];
  const { name } = contract;
  return [
    { at: contract.starts_on, kind: 'contract', say: 'begins', name },
    { at: contract.ends_on, kind: 'contract', say: 'ends', name },
  ];
}

function ofTicket(ticket: Ticket): Moment[] {
  if (!URGENT.has(ticket.priority)) return [];
  const opened: Moment = {
    at: ticket.opened_at,
    kind: 'ticket',
    say: 'opened',
    name: ticket.subject,
    detail: ticket.priority,
  };
  if (ticket.solved_at === null) return [opened];
  return [opened, { ...opened, at: ticket.solved_at, say: 'solved' }];
}

/** Whoever left ends all roles at that moment: that is told once. */
function ofPerson(person: Person): Moment[] {
  const { name, left_at } = person;
  const roles = person.roles.filter(role => KEY_ROLES.has(role.role));
  if (roles.length === 0) return [];
  const moments: Moment[] = roles.flatMap(({ role, from, to }) => [
    { at: from, kind: 'person', say: 'comes', name, detail: role } as const,
    ...(to === null || to === left_at
      ? []
      : ([{ at: to, kind: 'person', say: 'goes', name, detail: role }] as const)),
  ]);
  const held = roles.find(role => role.to === null || role.to === left_at);
  if (left_at !== null && held)
    moments.push({ at: left_at, kind: 'person', say: 'left', name, detail: held.role });
  return moments;
}

/** Oldest first; those that lie ahead are left out. */
export function momentsOf(
  records: { contracts: readonly Contract[]; tickets: readonly Ticket[]; people: readonly Person[] },
  now: number,
): Moment[] {
  return inOrder(
    [
      ...records.contracts.flatMap(ofContract),
      ...records.tickets.flatMap(ofTicket),
      ...records.people.flatMap(ofPerson),
    ].filter(moment => Date.parse(moment.at) <= now),
  );
}

export function inOrder(moments: readonly Moment[]): Moment[] {
  return [...moments].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}
