// Cache key of what hangs below one account: read again when the stream says that the account changed.
export const accountPart = (id: string) => ['accounts', 'part', id] as const;
