// The only place of the app that sends requests.  Holds no cache and retries nothing: queries do.
import createClient from 'openapi-fetch';
import { problemOf, Unreachable } from './errors';
import type { paths } from './schema';
import type { DemoCall } from './types';

export const client = createClient<paths>({
  baseUrl: typeof location === 'undefined' ? 'http://localhost' : location.origin,
  headers: { accept: 'application/json, application/problem+json' },
});

client.use({
  onError: ({ error }) => {
    const cancelled = error instanceof DOMException && error.name === 'AbortError';
    return cancelled ? undefined : new Unreachable(error);
  },
});

/** Headers of a merge patch; `version` becomes the If-Match of the change. */
export const mergePatch = { 'content-type': 'application/merge-patch+json' } as const;

/** The answer's body, or an ApiProblem thrown. */
export async function unwrap<T>(
  call: Promise<{ data?: T | undefined; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemOf(response.status, error);
  return data as T;
}

/** Like unwrap, with the entity tag that a later change must name. */
export async function unwrapTagged<T>(
  call: Promise<{ data?: T | undefined; error?: unknown; response: Response }>,
): Promise<{ value: T; etag: string | null }> {
  const answer = await call;
  return { value: await unwrap(Promise.resolve(answer)), etag: answer.response.headers.get('etag') };
}

/** A file that the server makes, or an ApiProblem or Unreachable thrown. */
export async function file(address: string, mediaType: string): Promise<Blob> {
  const accept = `${mediaType}, application/problem+json`;
  const response = await fetch(address, { headers: { accept } }).catch((error: unknown) => {
    throw new Unreachable(error);
  });
  if (!response.ok) throw problemOf(response.status, await response.json().catch(() => null));
  return response.blob();
}

/** Whether the server is there, whatever it says. */
export async function answers(): Promise<boolean> {
  try {
    const { response } = await client.GET('/api/v1/session', { cache: 'no-store' });
    return response.status < 500; // a proxy whose server is away says 502
  } catch {
    return false;
  }
}

/** The headers of a demo call as they are sent. */
export function demoCallHeaders(call: DemoCall, writeKey: string): Headers {
  // The schema only says that they are JSON.
  const headers = new Headers(call.headers as Record<string, string> | undefined);
  if (call.body !== undefined && !headers.has('content-type'))
    headers.set('content-type', 'application/json');
  if (call.auth === 'write_key') headers.set('authorization', `Basic ${btoa(`${writeKey}:`)}`);
  return headers;
}

/** Sends one call that the demo describes, exactly as the curl line beside it would. */
export async function sendDemoCall(call: DemoCall, writeKey: string): Promise<number> {
  const response = await fetch(call.path, {
    method: call.method,
    headers: demoCallHeaders(call, writeKey),
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  if (!response.ok) throw problemOf(response.status, await response.json().catch(() => null));
  return response.status;
}
