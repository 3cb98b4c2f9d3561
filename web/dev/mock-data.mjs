// The mock's world: 10,000 accounts, users, sources, all from one seed.
import { DAY, noise, scoreAt } from './mock-health.mjs';

const FIRST =
  'Amber Birch Cedar Delta Ember Fable Granite Harbor Indigo Juniper Kestrel Lumen Maple Nimbus Orchid Pioneer Quartz Ridge Summit Tundra Umber Vertex Willow Xenon Yarrow Zephyr'.split(
    ' ',
  );
const SECOND =
  'Analytics Bank Capital Dynamics Energy Foods Group Health Industries Logistics Media Networks Partners Retail Software Systems Telecom Travel Works'.split(
    ' ',
  );
const PEOPLE =
  'Dana Okafor,Luis Romero,Priya Nair,Tom Becker,Yuki Tanaka,Sara Lindqvist,Ahmed Hassan,Grace Kim'.split(
    ',',
  );

const ofUser = {
  scope: 'all',
  team: null,
  is_disabled: false,
  created_at: '2026-01-05T09:00:00Z',
  version: 1,
};
export const users = [
  { id: 'usr_1', name: 'Ada Admin', email: 'admin@cairn.test', role: 'admin', ...ofUser },
  ...['Sarah Chen', 'Marcus Webb', 'Jenna Ortiz', 'Raj Patel', 'Nora Fischer'].map((name, i) => ({
    id: `usr_${i + 2}`,
    name,
    email: `${name.split(' ')[0].toLowerCase()}@cairn.test`,
    role: 'csm',
    ...ofUser,
  })),
];

const pick = (list, x) => list[Math.floor(x * list.length)];
const iso = t => new Date(t).toISOString();
const isoDay = t => iso(t).slice(0, 10);

function makeAccount(i, start) {
  const seed = Math.floor(noise(7, `account/${i}`) * 2 ** 31);
  const n = name => noise(seed, name);
  let name = `${pick(FIRST, n('first'))} ${pick(SECOND, n('second'))}`;
  if (i >= 80) name = `${name} ${1000 + i}`;
  if (i === 17) name = 'TechCorp';
  if (i === 23) name = '<img src=x onerror=alert(1)> & Söhne';
  const self = i >= 80;
  const arr = self
    ? Math.round(12 + 400 * n('arr') ** 3) * 100_00
    : Math.round(20 + 480 * n('arr') ** 2) * 1000_00;
  const account = {
    i,
    seed,
    id: `acct_${i.toString(36).padStart(6, '0')}`,
    external_id: i === 17 ? 'techcorp' : `ext-${i}`,
    name,
    domain: `${name
      .replace(/[^a-z]+/gi, '')
      .toLowerCase()
      .slice(0, 24)}.example`,
    quality: i === 17 ? 0.72 : 0.25 + 0.72 * n('quality'),
    unknown: n('new') < 0.06 ? 0.7 : 0.04,
    scorecard: self ? 'self-service' : i < 15 ? 'enterprise' : 'mid-touch',
    arr: n('noarr') < 0.04 ? null : { minor: i === 17 ? 85_000_00 : arr, currency: 'USD' },
    renewal_at:
      self && n('monthly') < 0.3
        ? null
        : isoDay(start + Math.floor((i === 17 ? 0.15 : n('renewal')) * 365) * DAY),
    owner: n('noowner') < 0.05 ? null : pick(users.slice(1), n('owner')),
    last: start - n('last') ** 4 * 40 * DAY,
    open_tickets: Math.floor(n('tickets') ** 3 * 6),
    mods:
      i === 17
        ? [{ at: 0, values: { champion: 100, 'critical tickets': 100, logins: 78, 'active users': 82 } }]
        : [],
    version: 1,
    created: start - (200 + 600 * n('created')) * DAY,
  };
  return account;
}

export function makeWorld(count, start) {
  const accounts = Array.from({ length: count }, (_, i) => makeAccount(i, start));
  const world = { accounts, byId: new Map(accounts.map(a => [a.id, a])), start };
  for (const account of accounts) refresh(account, start, true);
  return world;
}

/** Recomputes what the list shows of the account. */
export function refresh(account, now, withSpark) {
  const { points, band, grey, confidence } = scoreAt(account, now);
  const score = {
    points,
    band,
    grey,
    confidence,
    by_hand: false,
    computed: points,
    override: null,
    whole: Math.round(points),
    grade: null,
  };
  account.score = account.unknown > 0.5 && confidence === 0 ? null : score;
  account.trend = account.score
    ? Math.round((points - scoreAt(account, now - 28 * DAY).points) * 10) / 10
    : null;
  if (withSpark)
    account.spark = Array.from({ length: 12 }, (_, w) => scoreAt(account, now - (11 - w) * 7 * DAY).points);
  else account.spark = [...account.spark.slice(0, 11), points];
}

export function rowOf(a) {
  const { id, external_id, name, score, trend, spark, arr, renewal_at, scorecard, open_tickets } = a;
  const owner = a.owner && { id: a.owner.id, name: a.owner.name };
  return {
    id,
    external_id,
    name,
    score,
    trend,
    spark,
    arr,
    renewal_at,
    owner,
    last_activity_at: iso(a.last),
    scorecard,
    open_tickets,
  };
}

export function detailOf(a) {
  return {
    ...rowOf(a),
    domain: a.domain,
    stage: 'live',
    created_at: iso(a.created),
    version: a.version,
    as_of: null,
    traits: [
      { name: 'plan', value: a.i < 15 ? 'enterprise' : 'growth' },
      { name: 'industry', value: pick(SECOND, noise(a.seed, 'industry')) },
      { name: 'employees', value: Math.round(20 + 4000 * noise(a.seed, 'employees') ** 3) },
    ],
  };
}

export function peopleOf(a, now) {
  if (a.people) return a.people;
  const count = 3 + Math.floor(noise(a.seed, 'people') * 4);
  a.people = Array.from({ length: count }, (_, i) => {
    const name = PEOPLE[(i + Math.floor(noise(a.seed, 'person') * PEOPLE.length)) % PEOPLE.length];
    const role = ['champion', 'sponsor', 'admin'][i] ?? 'user';
    return {
      id: `pers_${a.i}_${i}`,
      name: a.i === 23 && i === 0 ? '"><script>alert(2)</script>' : name,
      email: `${name.split(' ')[0].toLowerCase()}@${a.domain}`,
      title: ['VP Operations', 'CFO', 'IT Manager', 'Analyst'][Math.min(i, 3)],
      roles: [{ role, from: isoDay(now - (300 - 40 * i) * DAY), to: null }],
      left_at: null,
    };
  });
  return a.people;
}

export function contractsOf(a) {
  if (!a.renewal_at) return [];
  const ends = new Date(a.renewal_at).getTime();
  return [0, 1].map(k => ({
    id: `contr_${a.i}_${k}`,
    name: k === 0 ? 'Annual subscription' : 'Annual subscription, first year',
    arr: a.arr && { ...a.arr, minor: Math.round(a.arr.minor * (k === 0 ? 1 : 0.8)) },
    starts_on: isoDay(ends - (k + 1) * 365 * DAY),
    ends_on: isoDay(ends - k * 365 * DAY),
    seats: 50 + Math.floor(noise(a.seed, 'seats') * 400),
    status: k === 0 ? 'active' : 'ended',
  }));
}

export function ticketsOf(a, now) {
  a.tickets ??= Array.from({ length: a.open_tickets + 3 }, (_, i) => ({
    id: `tick_${a.i}_${i}`,
    external_id: String(40_000 + a.i * 7 + i),
    subject: [
      'Export stays empty',
      'SSO login loops',
      'Invoice address',
      'Dashboard slow since Monday',
      'API answers 504',
    ][(a.i + i) % 5],
    priority: ['normal', 'high', 'low', 'critical'][(a.i + i) % 4],
    status: i < a.open_tickets ? 'open' : 'solved',
    opened_at: iso(now - (1 + i * 6) * DAY),
    solved_at: i < a.open_tickets ? null : iso(now - i * 5 * DAY),
  }));
  return a.tickets;
}

export function metricsOf(a, now) {
  const names = [
    ['logins', 'How many logins a day?', 'logins', 12],
    ['active_users', 'How many people use it each day?', 'people', 30],
    ['reports_run', 'How many reports are run a day?', 'reports', 40],
    ['api_calls', 'How many API calls a day?', 'calls', 4000],
  ];
  return names.map(([name, doc, unit, top]) => ({
    name,
    doc,
    unit,
    at_least: false,
    days: Array.from({ length: 180 }, (_, d) => {
      const at = now - (179 - d) * DAY;
      const weekend = [0, 6].includes(new Date(at).getUTCDay()) ? 0.25 : 1;
      const level = scoreAt(a, at).points / 100;
      return {
        day: isoDay(at),
        value: Math.round(top * weekend * level * (0.7 + 0.6 * noise(a.seed, `${name}/${d}`))),
      };
    }),
  }));
}

export function eventsOf(a, now, limit) {
  return Array.from({ length: limit }, (_, i) => {
    const at = a.last - i * (600_000 + 9e6 * noise(a.seed, `event/${i}`));
    const name = pick(
      ['Signed In', 'Report Run', 'Report Exported', 'Dashboard Viewed', 'User Invited'],
      noise(a.seed, `name/${i}`),
    );
    return {
      id: `evt_${a.i}_${i}`,
      at: iso(at),
      received_at: iso(Math.min(now, at + 900)),
      type: 'track',
      name,
      user: pick(PEOPLE, noise(a.seed, `user/${i}`)),
      payload_text: JSON.stringify({ plan: 'growth', rows: Math.floor(1000 * noise(a.seed, `rows/${i}`)) }),
    };
  });
}
