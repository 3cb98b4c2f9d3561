import { expect, test } from 'vitest';
import { nextIndent, placeAt, valueEnd, yamlText } from './place';

/** The place at the bar. */
function at(marked: string) {
  const offset = marked.indexOf('|');
  const text = marked.slice(0, offset) + marked.slice(offset + 1);
  const place = placeAt(text, offset);
  return `${place.part} ${place.path.join('/')} ${JSON.stringify(text.slice(place.from, offset))}`;
}

test('in block style a place is below the keys to its left', () => {
  expect(at('signals:\n  usage-drop:\n    when: arr > 5|\n    severity: high\n')).toBe(
    'value signals/usage-drop/when "arr > 5"',
  );
  expect(at('signals:\n  usage-drop:\n    when: x\n    sev|')).toBe('key signals/usage-drop "sev"');
  expect(at('signals:\n  usage-drop:\n    when: x\n  |')).toBe('key signals ""');
  expect(at('signals:\n  a:\n    when: x\n|')).toBe('key  ""');
  expect(at('scorecard: mid\nprior|')).toBe('key  "prior"');
  expect(at('|')).toBe('key  ""');
});

test('an item of a list is a step of its own, at any indent of the list', () => {
  expect(at('groups:\n  - name: usage\n    wei|')).toBe('key groups/[] "wei"');
  expect(at('groups:\n- name: usage\n  measures:\n  - val|')).toBe('key groups/[]/measures/[] "val"');
  expect(at('groups:\n  - name: a\n  - name: b|')).toBe('value groups/[]/name "b"');
});

test('in flow style a place is inside its braces, over several lines too', () => {
  const head = 'groups:\n  - measures:\n      - ';
  expect(at(`${head}{name: b, value: f.sum(28)|, map: {0: 0}}`)).toBe(
    'value groups/[]/measures/[]/value "f.sum(28)"',
  );
  expect(at(`${head}{name: b, wei|`)).toBe('key groups/[]/measures/[] "wei"');
  expect(at(`${head}{name: b, map: {0: 0, 4|: 60}}`)).toBe('key groups/[]/measures/[]/map "4"');
  expect(at(`${head}{name: b, map: {0: 0, 4: 60},\n   wei|`)).toBe('key groups/[]/measures/[] "wei"');
  expect(at('metrics:\n  logins: {event: "*, }", count: dis|')).toBe('value metrics/logins/count "dis"');
  expect(at('a: [x, y|]')).toBe('value a/[] "y"');
  expect(at('a: {b: 1}\nc|')).toBe('key  "c"');
});

test('a colon, comma or brace inside a quoted expression ends nothing', () => {
  expect(at('exceptions:\n  - {when: "a ? b : c, {|", cap: 4}')).toBe(
    'value exceptions/[]/when "\\"a ? b : c, {"',
  );
  expect(at("exceptions:\n  - when: 'x: y'\n    ca|")).toBe('key exceptions/[] "ca"');
});

test('a block of text belongs to its key as long as it is indented', () => {
  expect(at('a:\n  when: >\n    x &&\n    y|')).toBe('value a/when "y"');
  expect(at('a:\n  when: >\n    x: 1\n  b|')).toBe('key a "b"');
});

test('comments and empty lines are no keys', () => {
  expect(at('# signals:\n\nsignals:\n  # a: b\n  a|')).toBe('key signals "a"');
});

test('the value at a place ends before a comment, or where its part of a flow ends', () => {
  const end = (text: string, word: string) => {
    const place = placeAt(text, text.indexOf(word) + 1);
    return text.slice(place.from, valueEnd(text, place));
  };
  expect(end('when: arr > 5 # large\nx: 1', 'arr')).toBe('arr > 5');
  expect(end('- {when: arr > 5, cap: 3}', 'arr')).toBe('arr > 5');
  expect(end('- {when: "arr > 5, x", cap: 3}', 'arr')).toBe('"arr > 5, x"');
  expect(end('- {cap: 3, when: x in [1, 2]}', 'x in')).toBe('x in [1, 2]');
});

test('an expression is quoted where YAML would read it otherwise', () => {
  expect(yamlText('arr > 5000 && has_champion')).toBe('arr > 5000 && has_champion');
  for (const text of ['!has_champion', 'a ? b : c', 'x in [1, 2]', 'true', '"a" == name', 'a # b']) {
    expect(yamlText(text)).toBe(JSON.stringify(text));
  }
});

test('a new line stands below a key that is open, else beside the one before', () => {
  expect(nextIndent('signals:')).toBe('  ');
  expect(nextIndent('  usage-drop: ')).toBe('    ');
  expect(nextIndent('    when: arr > 5')).toBe('    ');
  expect(nextIndent('  - name: usage')).toBe('    ');
  expect(nextIndent('    measures:')).toBe('      ');
  expect(nextIndent('  - measures:')).toBe('      ');
  expect(nextIndent('  when: >')).toBe('    ');
  expect(nextIndent('  - {name: x,')).toBe('    ');
  expect(nextIndent('# signals:')).toBe('');
  expect(nextIndent('')).toBe('');
});
