// fastify + pg: a page of accounts sorted by ARR with the exact total.
//   node list.mjs postgresql://... ACCOUNTS
import Fastify from 'fastify';
import pg from 'pg';

const [url, accounts] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: 16 });
await pool.query(`CREATE TABLE account (
  id bigint PRIMARY KEY, external_id text NOT NULL UNIQUE, name text NOT NULL, score int, band text,
  trend int, arr bigint, renewal_at timestamptz, owner_id bigint, last_activity_at timestamptz, open_tickets int)`);
await pool.query(`INSERT INTO account SELECT i, 'account-' || i, 'Account ' || i, hashint4(i) & 65535, 'green', 0,
  CASE WHEN i % 5 = 0 THEN 100000 + abs(hashint4(i) % 10000000) END, now() + (i % 365) * interval '1 day', i % 20, now(), i % 3
  FROM generate_series(0, ${Number(accounts)} - 1) i`);
await pool.query('CREATE INDEX ON account (arr DESC NULLS LAST, id)');
await pool.query('VACUUM ANALYZE account');

const nullable = type => ({ type: [type, 'null'] });
const row = {
  type: 'object',
  properties: {
    id: { type: 'string' }, external_id: { type: 'string' }, name: { type: 'string' }, score: nullable('integer'),
    band: nullable('string'), trend: nullable('integer'), arr: nullable('string'), renewal_at: nullable('string'),
    owner_id: nullable('string'), last_activity_at: nullable('string'), open_tickets: nullable('integer'),
  },
};
const response = { 200: { type: 'object', properties: { data: { type: 'array', items: row }, total: { type: 'integer' } } } };
const querystring = {
  type: 'object',
  properties: { sort: { enum: ['-arr'] }, limit: { type: 'integer', maximum: 200 }, offset: { type: 'integer' } },
};

const app = Fastify({ logger: false });
app.get('/api/v1/accounts', { schema: { querystring, response } }, async req => {
  const { limit, offset } = req.query;
  const [page, total] = await Promise.all([
    pool.query({ name: 'page', text: 'SELECT * FROM account ORDER BY arr DESC NULLS LAST, id LIMIT $1 OFFSET $2', values: [limit, offset] }),
    pool.query({ name: 'total', text: 'SELECT count(*)::int AS total FROM account' }),
  ]);
  return { data: page.rows, total: total.rows[0].total };
});
process.on('SIGTERM', () => process.exit(0));
console.log(JSON.stringify({ listening: await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0) }) }));
