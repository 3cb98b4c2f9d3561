// Lines and columns as the server counts them (from 1, columns in code points) against offsets in a text.
import type { ProgramEdit } from '@/api/types';

/** Where a line begins; past the last line it is the end of the text. */
function lineStart(text: string, line: number): number {
  let at = 0;
  for (let n = 1; n < line; n++) {
    const end = text.indexOf('\n', at);
    if (end < 0) return text.length;
    at = end + 1;
  }
  return at;
}

/** What lies beyond the line or the text is its end. */
export function offsetOf(text: string, line: number, column: number): number {
  let at = lineStart(text, line);
  for (let n = 1; n < column && at < text.length && text[at] !== '\n'; n++) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return at;
}

export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: [...before.slice(start)].length + 1 };
}

/** The text with all the edits made; each counts in the text as it was. */
export function applyEdits(text: string, edits: readonly ProgramEdit[]): string {
  return edits
    .map(edit => ({
      from: offsetOf(text, edit.line, edit.column),
      to: offsetOf(text, edit.end_line, edit.end_column),
      text: edit.text,
    }))
    .sort((a, b) => b.from - a.from)
    .reduce((done, edit) => done.slice(0, edit.from) + edit.text + done.slice(edit.to), text);
}
