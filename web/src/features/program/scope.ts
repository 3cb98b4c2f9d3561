// What can be said at a place of the program: the names and functions of expressions, the keys of sections.
import type { ProgramFunction, ProgramName } from '@/api/types';
import { choicesAt, docAt, isExpression, type KeyHelp, keysAt, type Schema, schemasAt } from './shape';

export interface Scope {
  names: readonly ProgramName[];
  functions: readonly ProgramFunction[];
  /** By section. */
  schemas: Readonly<Record<string, Schema>>;
}

export const EMPTY_SCOPE: Scope = { names: [], functions: [], schemas: {} };

/** The top-level keys that this page asks the server about; one that it does not know is left out. */
export const SECTIONS = ['metrics', 'scorecard', 'segments', 'signals', 'coverage', 'lifecycle'] as const;

/** Known to hold expressions before any schema came. */
const EXPRESSIONS: ReadonlySet<string> = new Set(['when', 'applies_when', 'value', 'score', 'members']);

interface Spot {
  root: Schema;
  path: readonly string[];
}

/** A section's schema is that of a file which holds it, or of its key's value alone. */
const isOfFile = (section: string, schema: Schema) => keysAt(schema, []).some(one => one.key === section);

/** What a path from the top of a file is in the schema of that section. */
export function spotIn(scope: Scope, section: string, path: readonly string[]): Spot | null {
  const root = scope.schemas[section];
  if (!root) return null;
  if (isOfFile(section, root)) return { root, path };
  return path[0] === section ? { root, path: path.slice(1) } : null;
}

function spotOf(scope: Scope, text: string, path: readonly string[]): Spot | null {
  const sections = Object.keys(scope.schemas);
  const own = sections.filter(section => section === path[0]);
  const held = sections.filter(section => new RegExp(`^${section}\\s*:`, 'm').test(text));
  for (const section of [...own, ...held]) {
    const spot = spotIn(scope, section, path);
    if (spot && schemasAt(spot.root, spot.path).length > 0) return spot;
  }
  return null;
}

export function keyHelp(scope: Scope, text: string, path: readonly string[]): KeyHelp[] {
  const spot = spotOf(scope, text, path);
  if (spot) return keysAt(spot.root, spot.path);
  if (path.length > 0) return [];
  return Object.entries(scope.schemas).flatMap(([section, schema]): KeyHelp[] => {
    const key = keysAt(schema, []).find(one => one.key === section);
    return [key ?? { key: section, doc: schema.description ?? '', isRequired: false, holds: 'map' }];
  });
}

export function choices(scope: Scope, text: string, path: readonly string[]): string[] {
  const spot = spotOf(scope, text, path);
  return spot ? choicesAt(spot.root, spot.path) : [];
}

export function meaning(scope: Scope, text: string, path: readonly string[]): string {
  const spot = spotOf(scope, text, path);
  return spot ? docAt(spot.root, spot.path) : '';
}

export function holdsExpression(scope: Scope, text: string, path: readonly string[]): boolean {
  const spot = spotOf(scope, text, path);
  if (spot && isExpression(spot.root, spot.path)) return true;
  const last = path[path.length - 1];
  return last !== undefined && EXPRESSIONS.has(last) && path.length > 1 - Number(last === 'applies_when');
}

export interface Word {
  label: string;
  /** Where it stands after completing, if not the label. */
  insert: string;
  usage: string;
  doc: string;
  kind: 'name' | 'method' | 'function';
  detail: string;
}

const headOf = (usage: string) => usage.split(/[.(]/)[0] ?? usage;

function methodsOf(scope: Scope, receiver: string): Word[] {
  const prefix = `${receiver}.`;
  const own = scope.names.filter(name => name.usage.startsWith(prefix));
  const words = own.map(name => methodWord(name.usage.slice(prefix.length), name.doc, name.type));
  if (own.length > 0) return words;
  // math.abs(x) is a function of its own; x.size() is one of any value.
  const members = scope.functions.filter(one => /^\w+\./.test(one.usage) && one.kind !== 'operator');
  const grouped = members.filter(one => one.name.startsWith(prefix));
  return (grouped.length > 0 ? grouped : members.filter(one => !one.name.includes('.'))).map(one =>
    methodWord(one.usage.slice(one.usage.indexOf('.') + 1), one.doc, ''),
  );
}

function methodWord(usage: string, doc: string, detail: string): Word {
  const label = usage.replace(/\(.*$/, '');
  const insert = usage.includes('(days)') ? `${label}(28)` : usage.endsWith('()') ? `${label}()` : usage;
  return { label, insert: usage.includes('(') ? insert : label, usage, doc, kind: 'method', detail };
}

function globals(scope: Scope): Word[] {
  const seen = new Map<string, Word>();
  for (const name of scope.names) {
    const label = headOf(name.usage);
    const hasMethods = name.usage !== label;
    if (seen.has(label)) continue;
    const detail = hasMethods ? name.source : [name.type, name.unit].filter(Boolean).join(', ');
    seen.set(label, { label, insert: label, usage: name.usage, doc: name.doc, kind: 'name', detail });
  }
  for (const one of scope.functions) {
    const label = headOf(one.usage);
    const isMember = /^\w+\./.test(one.usage) && !one.name.includes('.');
    if (one.kind === 'operator' || isMember || seen.has(label) || !/^\w+$/.test(label)) continue;
    seen.set(label, { label, insert: label, usage: one.usage, doc: one.doc, kind: 'function', detail: '' });
  }
  return [...seen.values()];
}

export interface Completions {
  /** How much of the text before the cursor is completed. */
  length: number;
  words: Word[];
}

/** Inside a text of the expression, where nothing is to be completed. */
function inText(before: string): boolean {
  let quote = '';
  for (let i = 0; i < before.length; i++) {
    const char = before[i] ?? '';
    if (char === '\\') i++;
    else if (quote === '') quote = char === "'" || char === '"' ? char : '';
    else if (char === quote) quote = '';
  }
  return quote !== '';
}

/** For an expression that stands before the cursor like this. */
export function wordsFor(scope: Scope, before: string): Completions | null {
  if (inText(before)) return null;
  const dotted = /([A-Za-z_]\w*(?:\.\w+)*(?:\([^()]*\))?)\.(\w*)$/.exec(before);
  if (dotted) return { length: (dotted[2] ?? '').length, words: methodsOf(scope, dotted[1] ?? '') };
  const word = /[A-Za-z_]\w*$/.exec(before)?.[0] ?? '';
  return { length: word.length, words: globals(scope) };
}

/** What a word of an expression means: the name or function under the pointer. */
export function wordAt(scope: Scope, word: string, receiver: string): Word | null {
  if (receiver !== '') return methodsOf(scope, receiver).find(one => one.label === word) ?? null;
  return globals(scope).find(one => one.label === word) ?? null;
}
