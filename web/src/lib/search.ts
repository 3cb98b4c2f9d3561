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

export function splitList(value: string | undefined): string[] {
  return value ? value.split(',').filter(Boolean) : [];
}

export function joinList(values: string[]): string | undefined {
  return values.length > 0 ? values.join(',') : undefined;
}
