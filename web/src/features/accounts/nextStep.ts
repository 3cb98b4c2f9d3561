// What to do next about an account, from what is known of it: the first rule that fits.  Pure.
// A suggestion for whoever is about to call, never an instruction of the program.
import type { Account, AccountHealth, ExplainItem, Person, Ticket } from '@/api/types';
import { costs, words } from '@/features/health';
import { currentRoles } from '@/features/records';

export interface Known {
  account: Account;
  health: AccountHealth | null | undefined;
  people: readonly Person[];
  tickets: readonly Ticket[];
  now: number;
}

export interface Step {
  /** A key of the texts under "next". */
  say: 'ticket' | 'champion' | 'owner' | 'renewal' | 'cost' | 'unknown';
  tab: 'usage' | 'people' | 'contracts' | 'tickets' | 'events' | null;
  name: string;
  with: string;
}

const DAY_MS = 86_400_000;
const RENEWAL_DAYS = 90;
/** Points that a measure must cost to be worth a talk. */
const NOTABLE = 5;

const isOpen = (ticket: Ticket) => ticket.status === 'open' || ticket.status === 'pending';

function contactOf(people: readonly Person[]): Person | undefined {
  const here = people.filter(person => person.left_at === null);
  const holds = (role: 'champion' | 'sponsor') =>
    here.find(person => currentRoles(person.roles).includes(role));
  return holds('champion') ?? holds('sponsor');
}

function largestCost(items: readonly ExplainItem[]): string | null {
  const [cost] = costs(items, 1);
  return cost && cost.lost >= NOTABLE ? words(cost.item.name) : null;
}

function daysToRenewal({ account, now }: Known): number | null {
  return account.renewal_at === null ? null : Math.ceil((Date.parse(account.renewal_at) - now) / DAY_MS);
}

const RULES: ((known: Known, contact: string) => Step | null)[] = [
  ({ tickets }, contact) => {
    const worst = tickets.find(ticket => isOpen(ticket) && ticket.priority === 'critical');
    return worst ? { say: 'ticket', tab: 'tickets', name: worst.subject, with: contact } : null;
  },
  ({ people, account }, contact) => {
    const had = people.some(person => person.roles.some(role => role.role === 'champion'));
    const has = people.some(
      person => person.left_at === null && currentRoles(person.roles).includes('champion'),
    );
    return had && !has ? { say: 'champion', tab: 'people', name: account.name, with: contact } : null;
  },
  ({ account }) => (account.owner ? null : { say: 'owner', tab: null, name: account.name, with: '' }),
  (known, contact) => {
    const days = daysToRenewal(known);
    const isSafe = known.health?.band === 'green' && !known.health.grey;
    return days !== null && days >= 0 && days <= RENEWAL_DAYS && !isSafe
      ? { say: 'renewal', tab: 'contracts', name: String(days), with: contact }
      : null;
  },
  ({ health }, contact) => {
    const name = health && health.band !== 'green' ? largestCost(health.items) : null;
    return name ? { say: 'cost', tab: null, name, with: contact } : null;
  },
  ({ health }) =>
    health?.grey || health === null ? { say: 'unknown', tab: 'events', name: '', with: '' } : null,
];

/** Null when nothing asks for a human. */
export function nextStep(known: Known): Step | null {
  const contact = contactOf(known.people)?.name ?? '';
  for (const rule of RULES) {
    const step = rule(known, contact);
    if (step) return step;
  }
  return null;
}
