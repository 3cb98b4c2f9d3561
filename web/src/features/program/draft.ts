// A text of the program that is not applied yet: kept in this browser, with the version that it began with.
import type { ProgramFile } from '@/api/types';

export interface Draft {
  /** The version that was active when it was begun. */
  base: number;
  files: ProgramFile[];
  /** When it was last written, in milliseconds. */
  at: number;
}

export interface FileChange {
  name: string;
  change: 'added' | 'removed' | 'changed';
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

export function textOf(files: readonly ProgramFile[], name: string): string | undefined {
  return files.find(file => file.name === name)?.text;
}

/** The files with one in place of that name, or added; sorted by name. */
export function withFile(files: readonly ProgramFile[], name: string, text: string): ProgramFile[] {
  return [...files.filter(file => file.name !== name), { name, text }].sort(byName);
}

export function withoutFile(files: readonly ProgramFile[], name: string): ProgramFile[] {
  return files.filter(file => file.name !== name);
}

export function changesOf(before: readonly ProgramFile[], after: readonly ProgramFile[]): FileChange[] {
  const names = [...new Set([...before, ...after].map(file => file.name))].sort();
  return names.flatMap((name): FileChange[] => {
    const [old, now] = [textOf(before, name), textOf(after, name)];
    if (old === now) return [];
    return [{ name, change: old === undefined ? 'added' : now === undefined ? 'removed' : 'changed' }];
  });
}

export interface Rebased {
  files: ProgramFile[];
  /** Changed on both sides: the draft's text stands, and a person must look. */
  both: string[];
}

/** The draft's own changes, made to a newer version: a file that the draft left alone is the newer one. */
export function rebase(
  base: readonly ProgramFile[],
  mine: readonly ProgramFile[],
  newer: readonly ProgramFile[],
): Rebased {
  const theirs = new Map(changesOf(base, newer).map(change => [change.name, change]));
  const changes = changesOf(base, mine);
  const files = changes.reduce<ProgramFile[]>(
    (made, { name }) => {
      const text = textOf(mine, name);
      return text === undefined ? withoutFile(made, name) : withFile(made, name, text);
    },
    [...newer],
  );
  const differs = (name: string) => textOf(mine, name) !== textOf(newer, name);
  return { files, both: changes.map(({ name }) => name).filter(name => theirs.has(name) && differs(name)) };
}

const keyOf = (user: string) => `cairn-program-draft-${user}`;

function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null) return false;
  const { base, files, at } = value as Partial<Draft>;
  const isFile = (file: ProgramFile) => typeof file?.name === 'string' && typeof file?.text === 'string';
  return typeof base === 'number' && typeof at === 'number' && Array.isArray(files) && files.every(isFile);
}

export function loadDraft(storage: Storage, user: string): Draft | null {
  try {
    const value: unknown = JSON.parse(storage.getItem(keyOf(user)) ?? 'null');
    return isDraft(value) ? value : null;
  } catch {
    return null; // Storage that is switched off, or a text that is none of ours.
  }
}

/** False if the browser does not keep it. */
export function keepDraft(storage: Storage, user: string, draft: Draft | null): boolean {
  try {
    if (draft) storage.setItem(keyOf(user), JSON.stringify(draft));
    else storage.removeItem(keyOf(user));
    return true;
  } catch {
    return draft === null;
  }
}

/** What is wrong with the name of a new file, as the key of a text; null if nothing is. */
export function nameFault(name: string, files: readonly ProgramFile[]): 'form' | 'taken' | null {
  if (!/^([a-z0-9_-]+\/)*[a-z0-9_-]+\.ya?ml$/i.test(name)) return 'form';
  return textOf(files, name) === undefined ? null : 'taken';
}
