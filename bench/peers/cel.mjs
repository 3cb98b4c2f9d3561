// The rules of bench/cel_bench.c with CEL in JavaScript and as plain JavaScript, over an object an account made of
// the columns that it leaves.  Prints JSON: nanoseconds a row, and how many match.
//   node cel.mjs FOLDER
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { celEnv, parse as parseBuf, plan } from '@bufbuild/cel';
import { Environment } from '@marcbachmann/cel-js';

const read = name => readFileSync(join(process.argv[2], name));
const column = (Numbers, name) => {
  const bytes = read(name);
  return new Numbers(bytes.buffer, bytes.byteOffset, bytes.byteLength / Numbers.BYTES_PER_ELEMENT);
};
const texts = read('texts').toString().split('\n');
const numbersOf = name => column(Float64Array, `${name}.f64`);
const textsOf = name => {
  const words = column(Uint32Array, `${name}.u32`);
  return i => texts[words[i]];
};

const usage = ['active_users_30d', 'active_users_prev_30d', 'features_used', 'missing'].map(name =>
  [name, numbersOf(`usage.${name}`)]);
const [arr, daysToRenewal] = ['arr', 'days_to_renewal'].map(numbersOf);
const [planOf, segment, csm, tag] = ['plan', 'segment', 'csm', 'tags'].map(textsOf);
const offsets = column(Uint32Array, 'tags.offsets.u32');

const rows = Array.from(arr, (_, i) => ({
  usage: Object.fromEntries(usage.filter(([, values]) => !Number.isNaN(values[i])).map(([name, values]) => [name, values[i]])),
  arr: arr[i],
  days_to_renewal: daysToRenewal[i],
  plan: planOf(i),
  segment: segment(i),
  csm: csm(i),
  tags: Array.from({ length: offsets[i + 1] - offsets[i] }, (_, k) => tag(offsets[i] + k)),
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

// Nanoseconds a row, the best of some rounds.
function measure(test, rounds) {
  let best = Infinity;
  let hits = 0;
  for (let round = 0; round < rounds; round++) {
    hits = 0;
    const start = process.hrtime.bigint();
    for (let i = 0; i < rows.length; i++) {
      if (test(rows[i]) === true) hits++;
    }
    best = Math.min(best, Number(process.hrtime.bigint() - start) / rows.length);
  }
  return { ns: best, hits };
}

const marc = new Environment({ unlistedVariablesAreDyn: true });
const buf = celEnv();
const result = {};
for (const [name, [source, plain]] of Object.entries(rules)) {
  result[name] = {
    'plain JavaScript': measure(plain, 3),
    '@marcbachmann/cel-js': measure(marc.parse(source), 3),
    '@bufbuild/cel': measure(plan(buf, parseBuf(source)), 2),
  };
}
console.log(JSON.stringify(result));
