// Databases as an earlier version left them, made from the migrations that there were then.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// The sets, with the newest migration that the earlier version had.
const then = { main: '0011', rollup: '0001', eventpg: '0001' };

export const HISTORY_ROWS = 300_000; // enough that adding to them takes a while

const filesOf = set => readdirSync(join('migrations', set)).filter(name => name.endsWith('.sql')).sort();

export const newest = set => filesOf(set).length;
export const earlier = set => filesOf(set).filter(name => name.slice(0, 4) <= then[set]).length;

// The SQL of these sets as they were then.  suffix: what the engine puts behind a table.
export function schemaThen(sets, suffix = '') {
  const statements = [`CREATE TABLE IF NOT EXISTS schema_migration(set_name text NOT NULL, number bigint NOT NULL,
    file_name text NOT NULL, applied_us bigint NOT NULL, PRIMARY KEY(set_name, number))${suffix};`];
  for (const set of sets) {
    for (const name of filesOf(set).slice(0, earlier(set))) {
      statements.push(readFileSync(join('migrations', set, name), 'utf8').replaceAll('{{table_suffix}}', suffix));
      statements.push(`INSERT INTO schema_migration VALUES ('${set}', ${Number(name.slice(0, 4))}, '${name}', 0);`);
    }
  }
  return statements.join('\n');
}

// A workspace with a long history of scores.
export const recordsThen = `
  INSERT INTO workspace(workspace_id, name, time_zone, currency, is_demo, created_us)
    VALUES (1, 'Upgraded', 'UTC', 'USD', 0, 0);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${HISTORY_ROWS})
    INSERT INTO health_history(account_id, at_us, points, band, grey, confidence, scorecard, fired, because,
        backfilled, program_version)
      SELECT i % 300 + 1, i, i % 100000, 1, 0, 1000, 'tech-touch', 0, '', 0, 1 FROM n;`;

// Moments at which a run of `ms` is cut off, from a seed.
export function* moments(count, ms, seed = Number(process.env.SOAK_SEED ?? 1)) {
  let state = seed >>> 0;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield ms * (0.1 + 0.85 * (state / 2 ** 32));
  }
}
