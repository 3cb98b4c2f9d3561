import { expect, test } from 'vitest';
import { curlOf } from './curl';

test('a body with quotes survives the shell', () => {
  const call = { method: 'POST', path: '/v1/track', body: { event: "it's" }, auth: 'write_key' as const };
  expect(curlOf(call, 'wk', 'http://h')).toBe(
    `curl -X POST 'http://h/v1/track' \\\n  -u 'wk:' \\\n  -H 'content-type: application/json' \\\n  -d '{"event":"it'\\''s"}'`,
  );
});

test('a session is left for the reader to fill in', () => {
  const call = { method: 'DELETE', path: '/api/v1/x', auth: 'session' as const };
  expect(curlOf(call, 'wk', 'http://h')).toContain("-H 'cookie: cairn_session=…'");
});
