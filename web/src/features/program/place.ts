// Where in a YAML file an offset stands: below which keys, and whether a key or a value is written there.
// Reads only what comes before, so that it works while the rest is not yet right.  Not a YAML parser:
// it does not say what is wrong (the server does), and knows no anchors and no multi-line plain text.

export interface Place {
  /** Keys from the top, and "[]" for an item of a list; of a key that is being written, without it. */
  path: string[];
  part: 'key' | 'value';
  /** Where the key or value begins. */
  from: number;
  /** Inside { } or [ ], where a comma ends the value. */
  isFlow: boolean;
}

interface Level {
  indent: number;
  key: string;
}

const KEY = /^("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#{[\]}'"][^#\n]*?)\s*:(?=\s|$)/;

const unquoted = (key: string) => key.replace(/^(["'])(.*)\1$/, '$2');

/** The end of a quoted text that begins at `at`; the end of the text if it is not closed. */
function quoteEnd(text: string, at: number): number {
  const quote = text[at];
  for (let i = at + 1; i < text.length; i++) {
    if (quote === '"' && text[i] === '\\') i++;
    else if (text[i] === quote) return i + 1;
  }
  return text.length;
}

interface Flow {
  path: string[];
  isMap: boolean;
}

/** Reads a flow value from `start`; its end, or the place if the text ends inside of it. */
function scanFlow(text: string, start: number, path: string[]): number | Place {
  const open: Flow[] = [];
  let key: string | null = null;
  let from = start;
  let at = start;
  const pathHere = () => {
    const top = open[open.length - 1];
    return top ? [...top.path, ...(top.isMap ? (key === null ? [] : [key]) : ['[]'])] : path;
  };
  const skipSpace = () => {
    while (/\s/.test(text[from] ?? 'x')) from++;
  };
  while (at < text.length) {
    const char = text[at] ?? '';
    const isStart = text.slice(from, at).trim() === '';
    if ((char === '"' || char === "'") && isStart) {
      at = quoteEnd(text, at);
      continue;
    }
    if ((char === '{' || char === '[') && isStart) {
      open.push({ path: pathHere(), isMap: char === '{' });
      key = null;
      from = at + 1;
    } else if (char === '}' || char === ']') {
      open.pop();
      if (open.length === 0) return at + 1;
      from = at + 1;
    } else if (char === ',') {
      key = null;
      from = at + 1;
    } else if (
      char === ':' &&
      key === null &&
      open[open.length - 1]?.isMap &&
      /[\s,}]|^$/.test(text[at + 1] ?? '')
    ) {
      key = unquoted(text.slice(from, at).trim());
      from = at + 1;
    }
    at++;
  }
  skipSpace();
  const isKey = open[open.length - 1]?.isMap === true && key === null;
  return { path: pathHere(), part: isKey ? 'key' : 'value', from, isFlow: true };
}

const indentOf = (line: string) => line.length - line.trimStart().length;

/** Leaves the levels that a key, or an item of a list, at this indent does not stand below. */
function leave(levels: Level[], indent: number, isItem: boolean): void {
  for (let top = levels[levels.length - 1]; top; top = levels[levels.length - 1]) {
    // A list may stand at the indent of its key.
    if (top.indent < indent || (isItem && top.indent === indent && top.key !== '[]')) return;
    levels.pop();
  }
}

export function placeAt(whole: string, offset: number): Place {
  const text = whole.slice(0, offset);
  const levels: Level[] = [];
  let literal: number | null = null;
  let at = 0;
  for (;;) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const isLast = newline < 0;
    const line = text.slice(at, end);
    const path = () => levels.map(level => level.key);
    if (literal !== null && (line.trim() === '' || indentOf(line) > literal)) {
      if (isLast) return { path: path(), part: 'value', from: at + indentOf(line), isFlow: false };
      at = end + 1;
      continue;
    }
    literal = null;
    let indent = indentOf(line);
    let rest = line.slice(indent);
    if (rest.startsWith('#') || (rest === '' && !isLast)) {
      if (isLast) return { path: [], part: 'key', from: offset, isFlow: false };
      at = end + 1;
      continue;
    }
    while (/^-(\s|$)/.test(rest)) {
      leave(levels, indent, true);
      levels.push({ indent, key: '[]' });
      const skipped = 1 + (rest.slice(1).length - rest.slice(1).trimStart().length);
      indent += skipped;
      rest = rest.slice(skipped);
    }
    const key = KEY.exec(rest);
    if (key) {
      leave(levels, indent, false);
      levels.push({ indent, key: unquoted(key[1] ?? '') });
      const skipped = key[0].length;
      const space = rest.slice(skipped).length - rest.slice(skipped).trimStart().length;
      const valueAt = at + indent + skipped + space;
      const value = rest.slice(skipped + space);
      if (/^[{[]/.test(value)) {
        const done = scanFlow(text, valueAt, path());
        if (typeof done !== 'number') return done;
        const after = text.indexOf('\n', done);
        if (after < 0) return { path: path(), part: 'value', from: valueAt, isFlow: false };
        at = after + 1;
        continue;
      }
      if (/^[|>]/.test(value)) literal = indent;
      if (isLast) return { path: path(), part: 'value', from: valueAt, isFlow: false };
    } else if (/^[{[]/.test(rest)) {
      const done = scanFlow(text, at + indent, path());
      if (typeof done !== 'number') return done;
      const after = text.indexOf('\n', done);
      if (after < 0) return { path: path(), part: 'value', from: at + indent, isFlow: false };
      at = after + 1;
      continue;
    } else if (isLast) {
      if (levels[levels.length - 1]?.indent !== indent || rest !== '') leave(levels, indent, false);
      return { path: path(), part: 'key', from: at + indent, isFlow: false };
    }
    at = end + 1;
    if (isLast) return { path: path(), part: 'key', from: offset, isFlow: false };
  }
}

/** Where the value at that place ends: at the end of its line, or of its part of a flow. */
export function valueEnd(text: string, place: Place): number {
  const first = text[place.from] ?? '';
  if (first === '"' || first === "'") return quoteEnd(text, place.from);
  const line = text.indexOf('\n', place.from);
  const limit = line < 0 ? text.length : line;
  let depth = 0;
  for (let at = place.from; at < limit; at++) {
    const char = text[at] ?? '';
    if (char === '#' && /\s/.test(text[at - 1] ?? ' ')) return trimmed(text, place.from, at);
    if (!place.isFlow) continue;
    if ('[{'.includes(char)) depth++;
    if (depth === 0 && ',]}'.includes(char)) return trimmed(text, place.from, at);
    if (']}'.includes(char)) depth--;
  }
  return trimmed(text, place.from, limit);
}

function trimmed(text: string, from: number, to: number): number {
  return from + text.slice(from, to).trimEnd().length;
}

/** The text as a YAML value that reads back as it, quoted only where it must be. */
export function yamlText(text: string): string {
  const isPlain =
    /^[A-Za-z(]/.test(text) &&
    !/[,[\]{}\n\t]|: | #|:$|\s$/.test(text) &&
    !/^(true|false|null|yes|no|on|off|~)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}

/** How far the line after this one is indented: below a key that is still open, else beside it. */
export function nextIndent(before: string): string {
  const [, space = '', dashes = '', rest = ''] = /^(\s*)((?:-\s+)*)(.*)$/.exec(before) ?? [];
  const beside = ' '.repeat(space.length + dashes.length);
  const isOpen = /(^|[^:]):\s*[|>]?[-+]?\s*$/.test(rest) || /[{[]\s*$/.test(rest);
  return isOpen && !rest.startsWith('#') ? `${beside}  ` : beside;
}
