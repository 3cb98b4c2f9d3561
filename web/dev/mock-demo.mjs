// The demo's four buttons on the mock: what each sends, and what it does to TechCorp.
import { peopleOf, ticketsOf } from './mock-data.mjs';

const TECHCORP = 17;

const EFFECTS = {
  leaves: { champion: 0, 'last meeting': 20 },
  collapses: { logins: 4, 'active users': 9, 'feature breadth': 15, 'seat use': 20 },
  critical: { 'critical tickets': 0, 'time to solve': 10 },
};

export function demo(world, progress) {
  const account = world.accounts[TECHCORP];
  const champion = peopleOf(account, world.start)[0];
  const base = `/api/v1/accounts/${account.id}`;
  const merge = { 'content-type': 'application/merge-patch+json', 'if-match': '*' };
  return {
    write_key: 'wk_demo_7xk2',
    progress: progress.done < progress.total ? { ...progress, label: 'Importing customers' } : null,
    buttons: [
      {
        name: 'champion-leaves',
        label: 'Champion leaves',
        doc: 'The champion of TechCorp leaves the company.',
        calls: [
          {
            method: 'PATCH',
            path: `${base}/people/${champion.id}`,
            headers: merge,
            body: { left_at: new Date().toISOString() },
            auth: 'session',
          },
        ],
      },
      {
        name: 'usage-collapses',
        label: 'Usage collapses',
        doc: 'Four weeks without logins reach TechCorp at once.',
        calls: [
          {
            method: 'POST',
            path: '/v1/batch',
            body: {
              batch: [{ type: 'group', groupId: 'techcorp', userId: 'u1', traits: { usage: 'collapsed' } }],
            },
            auth: 'write_key',
          },
        ],
      },
      {
        name: 'critical-ticket',
        label: 'Critical ticket',
        doc: 'A critical ticket is opened for TechCorp.',
        calls: [
          {
            method: 'POST',
            path: `${base}/tickets`,
            body: { subject: 'Production is down', priority: 'critical' },
            auth: 'session',
          },
        ],
      },
      {
        name: 'rescue',
        label: 'Rescue',
        doc: 'The champion is back, the ticket solved, usage recovers.',
        calls: [
          {
            method: 'POST',
            path: '/v1/batch',
            body: {
              batch: [{ type: 'group', groupId: 'techcorp', userId: 'u1', traits: { usage: 'recovered' } }],
            },
            auth: 'write_key',
          },
        ],
      },
    ],
  };
}

function effectOf(path, body, method) {
  if (path.startsWith('/v1/')) {
    const usage = body?.batch?.[0]?.traits?.usage;
    if (usage === 'collapsed') return { values: EFFECTS.collapses };
    return usage === 'recovered' ? { reset: true } : null;
  }
  if (method === 'PATCH' && path.includes('/people/') && body?.left_at)
    return { values: EFFECTS.leaves, penalty: true };
  return method === 'POST' && path.endsWith('/tickets') ? { values: EFFECTS.critical, ticket: body } : null;
}

/** True if the call was one of the demo's own; the account changes half a second later. */
export function pressed(world, path, body, touch, method) {
  const effect = effectOf(path, body, method);
  if (!effect) return false;
  const account = world.accounts[TECHCORP];
  const at = Date.now();
  if (effect.reset) account.mods = account.mods.filter(mod => mod.at === 0);
  else account.mods.push({ at, ...effect });
  if (effect.ticket) {
    const solved = {
      id: `tick_${at}`,
      external_id: null,
      status: 'open',
      opened_at: new Date(at).toISOString(),
      solved_at: null,
    };
    ticketsOf(account, at).unshift({ ...solved, ...effect.ticket });
    account.open_tickets++;
  }
  setTimeout(() => touch(account), 500);
  return method !== undefined;
}
