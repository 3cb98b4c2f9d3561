// Measures Cairn and its peers in one run and prints a line a figure, with the ratio to its bar.
//   node bench/bench.mjs [--seconds N] [ROW...]      rows: see `rows` below
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { columns } from './rows/columns.mjs';
import { health } from './rows/health.mjs';
import { ingest } from './rows/ingest.mjs';
import { serving } from './rows/serving.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '60' } },
});
const rows = { ...ingest, ...serving, ...columns, ...health };
const chosen = positionals.length > 0 ? positionals : Object.keys(rows);
const unknown = chosen.filter(name => !(name in rows));
if (unknown.length > 0) {
  console.error(`no row ${unknown}; there are ${Object.keys(rows).join(' ')}`);
  process.exit(2);
}

let misses = 0;
const context = {
  seconds: Number(values.seconds),

  // One measured figure.
  figure(name, { per_second, p50_ms, p99_ms, server_cpu_us, refused, failed, lost }, unit = 'events/s') {
    const trouble = [[refused, 'refused'], [failed, 'failed'], [lost, 'lost']]
      .filter(([count]) => count > 0).map(([count, what]) => `, ${count} ${what}`).join('');
    console.log(`  ${name.padEnd(44)} ${String(Math.round(per_second)).padStart(9)} ${unit}` +
      `   p50 ${p50_ms.toFixed(1)} ms  p99 ${p99_ms.toFixed(1)} ms   ${server_cpu_us.toFixed(2)} us CPU${trouble}`);
  },

  // A figure against its bar: at least, or at most for `atMost`.
  bar(name, value, bar, { unit = 'x', atMost = false } = {}) {
    const holds = atMost ? value <= bar : value >= bar;
    if (!holds) misses++;
    console.log(`${holds ? 'holds' : 'MISS '}  ${name.padEnd(44)} ${value.toFixed(2)} ${unit}` +
      `   bar ${atMost ? '<=' : '>='} ${bar} ${unit}`);
  },

  // Keeps one core busy at low priority while `work` runs, as an engine with much to do would.
  async beside(work) {
    const burner = spawn('nice', ['-n', '10', 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' });
    try {
      return await work();
    } finally {
      burner.kill('SIGKILL');
    }
  },
};

console.log(`${cpus().length} cores, ${cpus()[0].model}; Node ${process.versions.node}; ${context.seconds} s a figure\n`);
for (const name of chosen) {
  console.log(name);
  await rows[name](context);
  console.log();
}
console.log(misses === 0 ? 'every bar holds' : `${misses} bars missed`);
process.exitCode = misses === 0 ? 0 : 1;
