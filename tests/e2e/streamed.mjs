import { waitFor } from '../http/harness.mjs';
import { LOGIN } from './browser.mjs';

// Resolves when customers have begun to stream in and all are there, with what they did.
export async function allStreamedIn(base, timeoutMs = 120_000) {
  const headers = { origin: base, 'content-type': 'application/json' };
  const session = await fetch(`${base}/api/v1/session`, { method: 'POST', headers, body: JSON.stringify(LOGIN) });
  const cookie = session.headers.getSetCookie().map(line => line.split(';')[0]).join('; ');
  let begun = false;
  await waitFor(async () => {
    const { progress } = await (await fetch(`${base}/api/v1/demo`, { headers: { cookie } })).json();
    begun ||= progress !== null;
    return begun && progress === null;
  }, { what: 'all customers of the demo', timeoutMs });
}
