// Evaluating rules over the columns of a million accounts.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const json = async (command, args = []) => JSON.parse((await promisify(execFile)(command, args)).stdout);

const work = process.env.BENCH_DIR ?? '/var/tmp';

export const columns = {
  async 'health of 1,000,000 accounts, ten measures, one core'(bench) {
    const { read_ms, all_ms, same_ms } = await json('build/release/bench/cairn-bench-columns');
    const duckdb = await json('node', ['bench/peers/duckdb.mjs']);
    const line = (name, ms) => console.log(`  ${name.padEnd(44)} ${ms.toFixed(1).padStart(9)} ms`);
    line('reading the columns once', read_ms);
    line('Cairn, every value is new', all_ms);
    line('Cairn, no value is new (a tick)', same_ms);
    line('DuckDB, two threads, into a table', duckdb.ms);
    bench.bar('evaluation to reading', all_ms / read_ms, 2.5, { atMost: true });
    bench.bar('faster than DuckDB', duckdb.ms / all_ms, 10);
  },

  async '20 segments over 1,000,000 accounts, entered and left'(bench) {
    const folder = await mkdtemp(join(work, 'cairn-bench-segments-'));
    try {
      const ours = await json('build/release/bench/cairn-bench-segments', ['bench/segments', folder]);
      const duckdb = await json('node', ['bench/peers/duckdb-segments.mjs', folder]);
      assert.deepEqual(duckdb.segments, ours.segments, 'DuckDB has other members, entries or exits');
      assert.equal(duckdb.accounts_moved, ours.accounts_moved);
      const line = (name, ms) => console.log(`  ${name.padEnd(44)} ${ms.toFixed(1).padStart(9)} ms`);
      line('reading the columns once', ours.read_ms);
      line(`Cairn, one core, ${ours.accounts_moved} accounts move`, ours.ms);
      line('Cairn, one core, none moves', ours.still_ms);
      line('DuckDB, two threads, into tables', duckdb.ms);
      bench.bar('faster than DuckDB', duckdb.ms / ours.ms, 5);
    } finally {
      await rm(folder, { recursive: true });
    }
  },

  async 'one rule over 1,000,000 rows, one core'(bench) {
    const folder = await mkdtemp(join(work, 'cairn-bench-cel-'));
    try {
      const ours = await json('build/release/bench/cel_bench', [folder]);
      const peers = await json('node', ['bench/peers/cel.mjs', folder]);
      const line = (name, { ns, hits }) =>
        console.log(`  ${name.padEnd(44)} ${ns.toFixed(2).padStart(9)} ns a row   ${hits} match`);
      for (const [rule, theirs] of Object.entries(peers)) {
        line(`${rule}: Cairn`, ours[rule]);
        for (const [name, figure] of Object.entries(theirs)) {
          line(`${rule}: ${name}`, figure);
          assert.deepEqual([figure.hits], ours[rule].hits, `${rule}: other rows match with ${name}`);
        }
        const fastest = Math.min(theirs['@marcbachmann/cel-js'].ns, theirs['@bufbuild/cel'].ns);
        bench.bar(`${rule}: faster than CEL in JavaScript`, fastest / ours[rule].ns, 10);
      }
      line('all five in one plan: Cairn', ours['all five']);
      assert.deepEqual(ours['all five'].hits, Object.keys(peers).flatMap(rule => ours[rule].hits),
        'rules match other rows in one plan than alone');
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};
