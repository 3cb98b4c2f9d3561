// fastify + pg, 16 connections, a statement a request: unnest and ON CONFLICT DO NOTHING.
//   node postgres.mjs postgresql://...
import pg from 'pg';
import { serve } from './intake.mjs';

const pool = new pg.Pool({ connectionString: process.argv[2], max: 16 });
await pool.query(`CREATE TABLE IF NOT EXISTS event (
  message_id text PRIMARY KEY, type text, name text, user_key text, account_key text,
  at bigint, received bigint, payload text)`);
const columns = ['id', 'type', 'name', 'user', 'account', 'at', 'received', 'payload'];

await serve(rows => pool.query({
  name: 'insert',
  text: `INSERT INTO event SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[],
    $5::text[], $6::bigint[], $7::bigint[], $8::text[]) ON CONFLICT DO NOTHING`,
  values: columns.map(column => rows.map(row => row[column])),
}));
