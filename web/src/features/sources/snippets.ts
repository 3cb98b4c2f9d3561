// Text to paste that makes a source send its first event.

export type SnippetKind = 'curl' | 'node' | 'browser';

/** The key if it is the one that ends as hinted: a source itself only tells the end of its key. */
export function keyWithHint(key: string | undefined, hint: string): string | null {
  const end = hint.replace(/^…/, '');
  return key && end !== '' && key.endsWith(end) ? key : null;
}

export function snippet(kind: SnippetKind, key: string, origin: string): string {
  if (kind === 'curl') {
    return `curl -X POST '${origin}/v1/track' -u '${key}:' \\
  -H 'content-type: application/json' \\
  -d '{"userId":"u1","event":"Signed In","context":{"groupId":"acme"}}'`;
  }
  if (kind === 'node') {
    return `// npm install @segment/analytics-node
import { Analytics } from '@segment/analytics-node';

const analytics = new Analytics({ writeKey: '${key}', host: '${origin}', path: '/v1/batch' });

analytics.group({ userId: 'u1', groupId: 'acme', traits: { name: 'Acme' } });
analytics.track({ userId: 'u1', event: 'Signed In', context: { groupId: 'acme' } });
await analytics.closeAndFlush(); // at the end of the program: what waits is sent`;
  }
  return `// npm install @segment/analytics-next
import { AnalyticsBrowser } from '@segment/analytics-next';

const analytics = AnalyticsBrowser.load(
  { writeKey: '${key}', cdnURL: '${origin}' },
  { integrations: { 'Segment.io': { apiHost: '${new URL(origin).host}/v1', protocol: '${new URL(origin).protocol.slice(0, -1)}' } } },
);

analytics.identify('u1', { email: 'dana@acme.example' });
analytics.group('acme', { name: 'Acme' });
analytics.track('Signed In');`;
}
