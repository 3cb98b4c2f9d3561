// The sources of the mock's events, and what was rejected.
import { DAY, noise } from './mock-health.mjs';

const started = Date.now();

export const sources = ['Production', 'Staging', 'Mobile'].map((name, i) => ({
  id: `src_${i + 1}`,
  name,
  write_key_hint: `…${(7919 * (i + 3)).toString(36)}`,
  created_at: new Date(started - (90 - i) * DAY).toISOString(),
  last_event_at: i === 2 ? null : new Date(started).toISOString(),
  events_total: [4_812_332, 10_231, 0][i],
  duplicates_total: [1204, 3, 0][i],
  rejected_total: [17, 2, 0][i],
  per_minute: Array.from({ length: 60 }, (_, m) =>
    i === 2 ? 0 : Math.round((40 - 30 * i) * (0.6 + 0.8 * noise(i, `m${m}`))),
  ),
}));

/** Null without a name. */
export function createSource(body) {
  if (!body?.name) return null;
  const source = {
    ...sources[2],
    id: `src_${sources.length + 1}`,
    name: body.name,
    created_at: new Date().toISOString(),
    write_key_hint: '…new1',
  };
  sources.push(source);
  return { status: 201, ...source, write_key: 'wk_3n9dk2mm1x8r7q5t' };
}

export const rejections = [
  {
    at: new Date(started - 60_000).toISOString(),
    reason: 'no user: userId or anonymousId is needed',
    pointer: '/batch/3',
    excerpt: '{"type":"track","event":"Report Run"}',
  },
  {
    at: new Date(started - 3_600_000).toISOString(),
    reason: 'timestamp is more than 10 minutes in the future',
    pointer: '/batch/0/timestamp',
    excerpt: '{"type":"track","timestamp":"2031-01-01T00:00:00Z"…',
  },
];
