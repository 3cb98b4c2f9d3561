import { expect, test } from 'vitest';
import { applyEdits, offsetOf, placeOf } from './positions';

const text = 'a: 1\nb: "🙂🙂x"\n\nc: 3';

test('columns count code points, not halves of them', () => {
  expect(text.slice(offsetOf(text, 2, 7))).toBe('x"\n\nc: 3');
  expect(placeOf(text, text.indexOf('x'))).toEqual({ line: 2, column: 7 });
});

test('every place comes back from its offset', () => {
  for (let at = 0; at <= text.length; at++) {
    const { line, column } = placeOf(text, at);
    const inPair = at > 0 && /[\ud800-\udbff]/.test(text[at - 1] ?? '');
    if (!inPair) expect(offsetOf(text, line, column)).toBe(at);
  }
});

test('what lies beyond a line or the text is its end', () => {
  expect(offsetOf(text, 1, 99)).toBe(4);
  expect(offsetOf(text, 3, 5)).toBe(text.indexOf('\n\n') + 1);
  expect(offsetOf(text, 99, 1)).toBe(text.length);
});

test('edits count in the text as it was, whatever their order', () => {
  const edit = (line: number, column: number, end_column: number, made: string) => ({
    file: 'f.yaml',
    line,
    column,
    end_line: line,
    end_column,
    text: made,
  });
  expect(
    applyEdits('when: actve_users * 2 > 5', [edit(1, 7, 18, 'active_users'), edit(1, 21, 22, '2.0')]),
  ).toBe('when: active_users * 2.0 > 5');
  expect(applyEdits('ab', [edit(1, 2, 2, '-')])).toBe('a-b');
});
