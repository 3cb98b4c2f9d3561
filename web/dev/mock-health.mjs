// Scores of the mock's accounts: smooth functions of the account's seed and the day, so that every
// answer is the same for the same instant.  Only for development; the real rules are the server's.

export const DAY = 86_400_000;

/** A number in [0, 1) from a seed and a name. */
export function noise(seed, name) {
  let h = 2166136261 ^ seed;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 16777619);
  h = Math.imul(h ^ (h >>> 15), 2246822507);
  h = Math.imul(h ^ (h >>> 13), 3266489909);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

export const TREE = [
  {
    name: 'usage',
    measures: [
      { name: 'logins', weight: 20, unit: 'logins in 28 days', top: 240 },
      { name: 'active users', weight: 15, unit: 'of seats active in 28 days', top: 100, percent: true },
      { name: 'feature breadth', weight: 10, unit: 'features used in 90 days', top: 14 },
    ],
  },
  {
    name: 'relationship',
    measures: [
      { name: 'champion', weight: 15, unit: 'champion in place', yes: true },
      { name: 'last meeting', weight: 10, unit: 'days since the last meeting', top: 90, down: true },
    ],
  },
  {
    name: 'support',
    measures: [
      { name: 'critical tickets', weight: 10, unit: 'critical tickets open', top: 3, down: true },
      { name: 'time to solve', weight: 5, unit: 'hours to solve, median', top: 96, down: true },
    ],
  },
  {
    name: 'commercial',
    measures: [
      { name: 'seat use', weight: 10, unit: 'of seats assigned', top: 100, percent: true },
      { name: 'invoices', weight: 5, unit: 'days overdue', top: 60, down: true },
    ],
  },
];

function measureValue(account, measure, at) {
  const { seed } = account;
  const n = name => noise(seed, `${measure.name}/${name}`);
  const days = at / DAY;
  const base = account.quality * 70 + n('base') * 40;
  const wave = 9 * Math.sin(days / (9 + 20 * n('period')) + 6.3 * n('phase'));
  const drift = (n('drift') - 0.5) * 50 * Math.sin(days / 160 + 6 * noise(seed, 'year'));
  let value = clamp(base + wave + drift, 0, 100);
  if (measure.yes) value = n('has') < 0.15 ? 0 : 100;
  if (measure.name === 'critical tickets') value = n('crit') < 0.12 ? 40 : 100;
  for (const mod of account.mods) {
    if (mod.at <= at && measure.name in mod.values) value = mod.values[measure.name];
  }
  return Math.round(value * 10) / 10;
}

function isMissing(account, measure) {
  return noise(account.seed, `${measure.name}/missing`) < account.unknown;
}

function rawText(measure, value) {
  if (measure.yes) return value >= 50 ? 'yes' : 'no';
  const share = measure.down ? (100 - value) / 100 : value / 100;
  const raw = Math.round(share * measure.top);
  return measure.percent ? `${raw} %` : String(raw);
}

/** Points in thousandths so that the parts add up exactly. */
export function scoreAt(account, at) {
  const known = [];
  let knownWeight = 0;
  let total = 0;
  for (const group of TREE) {
    for (const measure of group.measures) {
      total += measure.weight;
      if (isMissing(account, measure)) continue;
      knownWeight += measure.weight;
      known.push({ group, measure, value: measureValue(account, measure, at) });
    }
  }
  const points = new Map();
  let sum = 0;
  for (const { measure, value } of known) {
    const part = Math.round((1000 * measure.weight * value) / Math.max(knownWeight, 1));
    points.set(measure.name, part);
    sum += part;
  }
  const penalty = account.mods.some(mod => mod.at <= at && mod.penalty) ? -4000 : 0;
  const score = clamp(sum + penalty, 0, 100_000);
  const band = score < 45_000 ? 'red' : score < 70_000 ? 'yellow' : 'green';
  const confidence = Math.round((100 * knownWeight) / total) / 100;
  return {
    points: score / 1000,
    band,
    grey: confidence < 0.5,
    confidence,
    parts: points,
    known,
    penalty: (score - sum) / 1000,
  };
}

function facts(account, measure, value, at) {
  const when = new Date(at - noise(account.seed, measure.name) * 3 * DAY).toISOString();
  return [
    {
      name: measure.unit,
      value_text: rawText(measure, value),
      source: measure.yes ? 'book: person_role' : 'rollup: production',
      at: when,
    },
    { name: 'normalised to 0..100', value_text: String(value), source: 'scorecard mid-touch v3', at: null },
  ];
}

export function explain(account, at, since) {
  const now = scoreAt(account, at);
  const before = since === null ? null : scoreAt(account, since);
  const items = [];
  const thousandth = x => Math.round(x * 1000) / 1000;
  const push = (row, points, was) =>
    items.push({
      raw: null,
      rule: null,
      reason: null,
      facts: [],
      missing: false,
      ...row,
      points: thousandth(points),
      change: was === null ? null : thousandth(points - was),
    });
  for (const group of TREE) {
    const sum = parts => group.measures.reduce((a, m) => a + (parts.get(m.name) ?? 0), 0) / 1000;
    const weight = group.measures.reduce((a, m) => a + m.weight, 0);
    push(
      {
        path: group.name,
        depth: 1,
        name: group.name,
        kind: 'group',
        weight: weight / 100,
        value: null,
        raw_text: null,
      },
      sum(now.parts),
      before && sum(before.parts),
    );
    for (const measure of group.measures) {
      const found = now.known.find(k => k.measure === measure);
      const row = {
        path: `${group.name}/${measure.name}`,
        depth: 2,
        name: measure.name,
        kind: 'measure',
        weight: measure.weight / weight,
      };
      const was = before && (before.parts.get(measure.name) ?? 0) / 1000;
      if (!found) {
        push(
          {
            ...row,
            value: null,
            raw_text: null,
            missing: true,
            reason: 'no facts yet; its weight is shared by the others',
          },
          0,
          was,
        );
        continue;
      }
      const reason = found.value < 50 ? `${measure.unit}: ${rawText(measure, found.value)}` : null;
      push(
        {
          ...row,
          value: found.value,
          raw_text: `${rawText(measure, found.value)} ${measure.unit}`,
          reason,
          facts: facts(account, measure, found.value, at),
        },
        (now.parts.get(measure.name) ?? 0) / 1000,
        was,
      );
    }
  }
  if (now.penalty !== 0 || (before && before.penalty !== 0)) {
    push(
      {
        path: 'no champion for a month',
        depth: 1,
        name: 'no champion before renewal',
        kind: 'exception',
        weight: null,
        value: null,
        raw_text: null,
        reason: 'has_champion is false and days_to_renewal < 120',
      },
      now.penalty,
      before?.penalty,
    );
  }
  return {
    at: new Date(at).toISOString(),
    points: now.points,
    band: now.band,
    grey: now.grey,
    confidence: now.confidence,
    scorecard: account.scorecard,
    because: now.penalty === 0 ? null : 'no champion before renewal',
    previous: before && { at: new Date(since).toISOString(), points: before.points, band: before.band },
    override: null,
    grade: null,
    items,
  };
}
