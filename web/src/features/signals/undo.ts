// What was done last with signals on this page, so that a key can take it back.
import type { SignalBulk } from '@/api/types';

type Deed = NonNullable<SignalBulk['deed']>;

/** Of what is undone: which signals, and which of the things done about them. */
export interface Done {
  ids: readonly string[];
  readonly deed: Deed;
}

const done: Done[] = [];

export const deedOf = (action: SignalBulk['action']): Deed | undefined =>
  action === 'acknowledge' || action === 'snooze' || action === 'resolve' ? action : undefined;

export function remember(one: Done): void {
  done.push(one);
}

/** Takes it off the list: each is undone once.  False if it was undone already. */
export function forget(one: Done): boolean {
  const at = done.indexOf(one);
  if (at >= 0) done.splice(at, 1);
  return at >= 0;
}

export const lastDone = (): Done | undefined => done.at(-1);

/** It was taken back of these signals in another way. */
export function takenBack(deed: Deed, ids: readonly string[]): void {
  for (const one of done.filter(one => one.deed === deed)) {
    one.ids = one.ids.filter(id => !ids.includes(id));
    if (one.ids.length === 0) forget(one);
  }
}

/** Who comes to the page has done nothing on it. */
export function forgetAll(): void {
  done.length = 0;
}
