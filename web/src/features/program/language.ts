// YAML with expressions inside, as the editor colours them.
import { yamlLanguage } from '@codemirror/lang-yaml';
import {
  HighlightStyle,
  LanguageSupport,
  StreamLanguage,
  type StringStream,
  syntaxHighlighting,
} from '@codemirror/language';
import { parseMixed } from '@lezer/common';
import { tags } from '@lezer/highlight';

const KEYWORDS = /^(true|false|null|in)\b/;

function celToken(stream: StringStream): string | null {
  if (stream.eatSpace()) return null;
  if (stream.match(/^[rRbB]{0,2}("(?:[^"\\]|\\.)*("|$)|'(?:[^'\\]|\\.)*('|$))/)) return 'string';
  if (stream.match(/^(0x[\da-fA-F]+|\d+(\.\d+)?([eE][+-]?\d+)?)u?/)) return 'number';
  if (stream.match(KEYWORDS)) return 'keyword';
  if (stream.match(/^[A-Za-z_]\w*(?=\s*\()/)) return 'function';
  if (stream.match(/^[A-Za-z_]\w*/)) return 'variableName';
  if (stream.match(/^(&&|\|\||[=!<>]=|[<>!?:+\-*/%])/)) return 'operator';
  stream.next();
  return 'punctuation';
}

const cel = StreamLanguage.define({
  name: 'cel',
  token: celToken,
  tokenTable: { function: tags.function(tags.variableName) },
});

/** The keys whose values are coloured as expressions. */
const HOLD_EXPRESSIONS = /^(when|applies_when|value|score|members|raise|clear|until)$/;

const yaml = yamlLanguage.configure({
  wrap: parseMixed((node, input) => {
    const isText =
      node.name === 'Literal' || node.name === 'QuotedLiteral' || node.name === 'BlockLiteralContent';
    if (!isText) return null;
    const holder = node.name === 'BlockLiteralContent' ? node.node.parent : node.node;
    const pair = holder?.parent;
    const key = pair?.name === 'Pair' ? pair.getChild('Key') : null;
    if (!key || !HOLD_EXPRESSIONS.test(input.read(key.from, key.to))) return null;
    const inside = node.name === 'QuotedLiteral' ? 1 : 0;
    if (node.to - node.from <= 2 * inside) return null;
    return { parser: cel.parser, overlay: [{ from: node.from + inside, to: node.to - inside }] };
  }),
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: tags.function(tags.variableName), color: 'var(--code-function)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--green-text)' },
  { tag: tags.number, color: 'var(--yellow-text)' },
  { tag: tags.keyword, color: 'var(--code-function)' },
  { tag: tags.operator, color: 'var(--red-text)' },
  { tag: tags.comment, color: 'var(--text-3)', fontStyle: 'italic' },
  {
    tag: [tags.punctuation, tags.separator, tags.bracket, tags.squareBracket, tags.brace],
    color: 'var(--text-2)',
  },
]);

export const programLanguage = [new LanguageSupport(yaml), syntaxHighlighting(colours)];
