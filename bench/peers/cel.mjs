// The rules of bench/cel_bench.c with CEL in JavaScript and as plain JavaScript, each over a million
// account objects like its rows.  Prints JSON: nanoseconds a row, and how many match.
import { celEnv, parse as parseBuf, plan } from '@bufbuild/cel';
import { Environment } from '@marcbachmann/cel-js';

const ROWS = 1 << 20;
const TEXTS = ['', 'pro', 'enterprise', 'free', 'ent', 'smb', 'vip', 'beta'];

// xorshift: the same rows in every run.
let state = 42;
const random = () => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 4294967296;
};
const text = () => TEXTS[Math.floor(random() * TEXTS.length)];
const rows = Array.from({ length: ROWS }, () => ({
  usage: {
    active_users_30d: random() * 120,
    active_users_prev_30d: random() * 120,
    ...(random() < 0.95 && { features_used: random() * 120 }),
  },
  arr: random() * 20000,
  days_to_renewal: random() * 120,
  plan: text(),
  segment: text(),
  csm: text(),
  tags: Array.from({ length: Math.floor(random() * 4) }, text),
}));

const rules = {
  'usage drop': [
    'usage.active_users_30d < 0.7 * usage.active_users_prev_30d && arr > 5000.0 && days_to_renewal <= 60.0',
    a => a.usage.active_users_30d < 0.7 * a.usage.active_users_prev_30d && a.arr > 5000 && a.days_to_renewal <= 60,
  ],
  text: [
    "plan in ['pro','enterprise'] && segment == 'ent' && csm != ''",
    a => (a.plan === 'pro' || a.plan === 'enterprise') && a.segment === 'ent' && a.csm !== '',
  ],
  'weighted score': [
    '(usage.active_users_30d > 20.0 ? 40.0 : usage.active_users_30d * 2.0) + (arr > 10000.0 ? 30.0 : arr / 500.0)' +
      ' + (days_to_renewal > 90.0 ? 30.0 : days_to_renewal / 3.0) < 55.0',
    a =>
      (a.usage.active_users_30d > 20 ? 40 : a.usage.active_users_30d * 2) + (a.arr > 10000 ? 30 : a.arr / 500) +
        (a.days_to_renewal > 90 ? 30 : a.days_to_renewal / 3) < 55,
  ],
  tags: [
    "tags.exists(t, t == 'vip' || t.startsWith('bet')) && arr >= 1000.0",
    a => a.tags.some(t => t === 'vip' || t.startsWith('bet')) && a.arr >= 1000,
  ],
  has: [
    'has(usage.features_used) && usage.features_used > 3.0 || (has(usage.missing) && usage.missing > 1.0)',
    a => (a.usage.features_used !== undefined && a.usage.features_used > 3) ||
      (a.usage.missing !== undefined && a.usage.missing > 1),
  ],
};

// Nanoseconds a row, the best of some rounds over so many rows.
function measure(test, count, rounds) {
  let best = Infinity;
  let hits = 0;
  for (let round = 0; round < rounds; round++) {
    hits = 0;
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) {
      if (test(rows[i]) === true) hits++;
    }
    best = Math.min(best, Number(process.hrtime.bigint() - start) / count);
  }
  return { ns: best, hits };
}

const marc = new Environment({ unlistedVariablesAreDyn: true });
const buf = celEnv();
const result = {};
for (const [name, [source, plain]] of Object.entries(rules)) {
  const planned = plan(buf, parseBuf(source));
  result[name] = {
    'plain JavaScript': measure(plain, ROWS, 3),
    '@marcbachmann/cel-js': measure(marc.parse(source), ROWS, 3),
    '@bufbuild/cel': measure(planned, ROWS / 16, 2),
  };
}
console.log(JSON.stringify(result));
