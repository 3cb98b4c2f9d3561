// Completion and meanings in the editor: what scope.ts knows, as CodeMirror wants it.
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { EditorState } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';
import { placeAt } from './place';
import { choices, holdsExpression, keyHelp, meaning, type Scope, type Word, wordAt, wordsFor } from './scope';

/** Asked anew each time: names come after the editor is there. */
export type ScopeNow = () => Scope;

function card(word: Word): HTMLElement {
  const box = document.createElement('div');
  box.className = 'cm-meaning';
  const usage = document.createElement('code');
  usage.textContent = word.usage;
  const doc = document.createElement('div');
  doc.textContent = word.doc;
  box.append(usage, doc);
  return box;
}

const TYPES = { name: 'variable', method: 'method', function: 'function' } as const;

function wordOption(word: Word): Completion {
  return {
    label: word.label,
    apply: word.insert,
    type: TYPES[word.kind],
    ...(word.detail ? { detail: word.detail } : {}),
    info: () => card(word),
  };
}

const AFTER_KEY = { text: ': ', list: ':\n', map: ':\n' } as const;

function keyOptions(scope: Scope, text: string, path: readonly string[], isFlow: boolean): Completion[] {
  return keyHelp(scope, text, path).map(({ key, doc, isRequired, holds }) => ({
    label: key,
    apply: isFlow || holds === 'text' ? `${key}: ` : `${key}${AFTER_KEY[holds]}`.trimEnd(),
    type: 'property',
    boost: isRequired ? 1 : 0,
    ...(doc ? { info: doc } : {}),
  }));
}

export function programCompletion(scopeNow: ScopeNow) {
  return ({ state, pos, explicit }: CompletionContext): CompletionResult | null => {
    const text = state.doc.toString();
    const place = placeAt(text, pos);
    const scope = scopeNow();
    const written = text.slice(place.from, pos);
    if (place.part === 'key') {
      if (written === '' && !explicit) return null;
      const options = keyOptions(scope, text, place.path, place.isFlow);
      return options.length > 0 ? { from: place.from, options, validFor: /^[\w-]*$/ } : null;
    }
    if (holdsExpression(scope, text, place.path)) {
      const found = wordsFor(scope, written.replace(/^["']/, ''));
      const dotted = text[pos - (found?.length ?? 0) - 1] === '.';
      if (!found || (found.length === 0 && !explicit && !dotted)) return null;
      return { from: pos - found.length, options: found.words.map(wordOption), validFor: /^\w*$/ };
    }
    const values = choices(scope, text, place.path);
    if (values.length === 0 || (written === '' && !explicit)) return null;
    return {
      from: place.from,
      options: values.map(label => ({ label, type: 'enum' })),
      validFor: /^[\w -]*$/,
    };
  };
}

/** The word at an offset, and what stands before its dot. */
function pointed(state: EditorState, pos: number) {
  const line = state.doc.lineAt(pos);
  const before = /[A-Za-z_]\w*$/.exec(line.text.slice(0, pos - line.from))?.[0] ?? '';
  const after = /^\w*/.exec(line.text.slice(pos - line.from))?.[0] ?? '';
  const from = pos - before.length;
  const receiver = /([A-Za-z_]\w*)\.$/.exec(line.text.slice(0, from - line.from))?.[1] ?? '';
  return { word: before + after, from, to: pos + after.length, receiver };
}

export function programMeanings(scopeNow: ScopeNow) {
  return hoverTooltip((view, pos) => {
    const text = view.state.doc.toString();
    const { word, from, to, receiver } = pointed(view.state, pos);
    if (word === '') return null;
    const place = placeAt(text, pos);
    const scope = scopeNow();
    const known =
      place.part === 'value' && holdsExpression(scope, text, place.path)
        ? wordAt(scope, word, receiver)
        : keyMeaning(scope, text, placeAt(text, to), word);
    return known ? { pos: from, end: to, above: true, create: () => ({ dom: card(known) }) } : null;
  });
}

function keyMeaning(
  scope: Scope,
  text: string,
  place: { path: string[]; part: string },
  word: string,
): Word | null {
  if (place.part !== 'key') return null;
  const doc = meaning(scope, text, [...place.path, word]);
  return doc === '' ? null : { label: word, insert: word, usage: word, doc, kind: 'name', detail: '' };
}
