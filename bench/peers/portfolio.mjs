// fastify + pg: the figures of the portfolio, by one statement over the accounts of a file (rows of Cairn's list).
//   node portfolio.mjs postgresql://... FILE
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import pg from 'pg';

const [url, file] = process.argv.slice(2);
const bands = ['red', 'yellow', 'green', 'none'];
const horizons = [30, 60, 90];
const riskWindow = 120;
const pool = new pg.Pool({ connectionString: url, max: 16 });
await pool.query(`CREATE TABLE account (id text PRIMARY KEY, band text NOT NULL, is_grey boolean NOT NULL,
  arr bigint, currency text, renewal_on date)`);
const rows = JSON.parse(readFileSync(file, 'utf8'));
const columns = [
  rows.map(row => row.id), rows.map(row => row.score?.band ?? 'none'), rows.map(row => row.score !== null && row.score.grey && row.score.band !== 'none'),
  rows.map(row => row.arr?.minor ?? null), rows.map(row => row.arr?.currency ?? null), rows.map(row => row.renewal_at?.slice(0, 10) ?? null),
];
await pool.query('INSERT INTO account SELECT * FROM unnest($1::text[], $2::text[], $3::boolean[], $4::bigint[], $5::text[], $6::date[])', columns);
await pool.query('VACUUM ANALYZE account');

// Of each group a count and a sum; all of them in one reading of the table, grouped by colour.
const within = days => `renewal_on - current_date <= ${days}`;
const groups = { all: 'true', grey: 'is_grey', near: within(riskWindow), ...Object.fromEntries(horizons.map(days => [`d${days}`, within(days)])) };
const sql = `SELECT band, count(*) FILTER (WHERE currency <> 'USD')::int AS other, ${Object.entries(groups).map(([name, where]) =>
  `count(*) FILTER (WHERE ${where})::int AS ${name}_n, (coalesce(sum(arr) FILTER (WHERE ${where} AND currency = 'USD'), 0))::float8 AS ${name}_arr`)}
  FROM account GROUP BY band`;

const tallyType = { type: 'object', properties: { accounts: { type: 'integer' }, arr: { type: 'object', properties: { minor: { type: 'integer' }, currency: { type: 'string' } } } } };
const bandsType = { type: 'array', items: { type: 'object', properties: { band: { type: 'string' }, tally: tallyType } } };
const response = { 200: { type: 'object', properties: {
  at: { type: 'string' }, all: tallyType, bands: bandsType, grey: tallyType, at_risk: tallyType, yellow_at_risk: tallyType, risk_window_days: { type: 'integer' },
  renewals: { type: 'array', items: { type: 'object', properties: { within_days: { type: 'integer' }, bands: bandsType } } }, other_currency: { type: 'integer' },
} } };

const tally = (row, name) => ({ accounts: row?.[`${name}_n`] ?? 0, arr: { minor: row?.[`${name}_arr`] ?? 0, currency: 'USD' } });
const add = tallies => ({
  accounts: tallies.reduce((sum, one) => sum + one.accounts, 0),
  arr: { minor: tallies.reduce((sum, one) => sum + one.arr.minor, 0), currency: 'USD' },
});

const app = Fastify({ logger: false });
app.get('/api/v1/portfolio', { schema: { response } }, async () => {
  const result = await pool.query({ name: 'portfolio', text: sql });
  const by = Object.fromEntries(result.rows.map(row => [row.band, row]));
  const each = name => bands.map(band => ({ band, tally: tally(by[band], name) }));
  const total = name => add(result.rows.map(row => tally(row, name)));
  return {
    at: new Date().toISOString(), all: total('all'), bands: each('all'), grey: total('grey'),
    at_risk: add([tally(by.red, 'all'), tally(by.yellow, 'near')]), yellow_at_risk: tally(by.yellow, 'near'), risk_window_days: riskWindow,
    renewals: horizons.map(days => ({ within_days: days, bands: each(`d${days}`) })),
    other_currency: result.rows.reduce((sum, row) => sum + row.other, 0),
  };
});
process.on('SIGTERM', () => process.exit(0));
console.log(JSON.stringify({ listening: await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0) }) }));
