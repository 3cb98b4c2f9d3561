// A call as a line for the terminal.
import { demoCallHeaders } from '@/api/client';
import type { DemoCall } from '@/api/types';

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The curl line of a call.  A session is not shown: its cookie is placed by the reader. */
export function curlOf(call: DemoCall, writeKey: string, origin: string): string {
  const parts = [`curl -X ${call.method} ${quote(origin + call.path)}`];
  if (call.auth === 'write_key') parts.push(`-u ${quote(`${writeKey}:`)}`);
  else parts.push(`-H ${quote('cookie: cairn_session=…')}`);
  demoCallHeaders(call, writeKey).forEach((value, name) => {
    if (name !== 'authorization') parts.push(`-H ${quote(`${name}: ${value}`)}`);
  });
  if (call.body !== undefined) parts.push(`-d ${quote(JSON.stringify(call.body))}`);
  return parts.join(' \\\n  ');
}

/** One event of a new account, to make it appear in the book. */
export function ownAccountCurl(writeKey: string, origin: string): string {
  const body = { userId: 'me', event: 'Signed In', context: { groupId: 'my-account' } };
  const call: DemoCall = { method: 'POST', path: '/v1/track', body, auth: 'write_key' };
  return curlOf(call, writeKey, origin);
}
