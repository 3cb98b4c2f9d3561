// The query string as flat text, so that addresses read `?band=red,yellow` and not as quoted JSON.

export type FlatSearch = Record<string, string | undefined>;

export function parseSearch(query: string): FlatSearch {
  return Object.fromEntries(new URLSearchParams(query));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value));
  }
  // Commas and colons are legal in a query and keep the address readable.
  const text = params.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return text === '' ? '' : `?${text}`;
}

/** A reader of the address whose silence is final: what it does not return, the router would hand on as it
 * is.  What the frame of the app reads of every address stays (`KEPT`). */
export function only<T extends object>(read: (search: FlatSearch) => T): (search: FlatSearch) => T {
  return search => ({
    ...Object.fromEntries(
      Object.keys(search)
        .filter(name => !KEPT.includes(name))
        .map(name => [name, undefined]),
    ),
    ...read(search),
  });
}

/** The past moment that all pages are of: see lib/asOf.ts. */
const KEPT: readonly string[] = ['as_of'];

export function splitList(value: string | undefined): string[] {
  return value ? value.split(',').filter(Boolean) : [];
}

export function joinList(values: string[]): string | undefined {
  return values.length > 0 ? values.join(',') : undefined;
}
