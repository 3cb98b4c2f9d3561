// Puts a new rule with a given condition into the files: a signal, a segment, an exception.
import type { ProgramFile } from '@/api/types';
import { textOf, withFile } from './draft';
import { yamlText } from './place';
import { type Scope, spotIn } from './scope';
import { isExpression, keysAt, schemasAt } from './shape';

export type RuleKind = 'signal' | 'segment' | 'exception';

export interface NewRule {
  kind: RuleKind;
  /** Of a signal or segment: its name; of an exception: why. */
  name: string;
  expression: string;
}

export interface Placed {
  files: ProgramFile[];
  file: string;
  /** Of the expression. */
  line: number;
}

const SECTIONS = { signal: 'signals', segment: 'segments' } as const;
const USUAL_CAP = 60;

/** Which kinds the program can take now: the exceptions of a scorecard are in the file that is open. */
export function kindsFor(scope: Scope, files: readonly ProgramFile[], open: string): RuleKind[] {
  const named = (['signal', 'segment'] as const).filter(kind => scope.schemas[SECTIONS[kind]]);
  return /^scorecard\s*:/m.test(textOf(files, open) ?? '') ? [...named, 'exception'] : named;
}

/** The lines of a rule: its condition, and what else must be said, with the first value that may stand. */
function body(scope: Scope, section: string, expression: string): string[] {
  const { root, path } = spotIn(scope, section, [section, 'new']) ?? { root: {}, path: [] };
  const keys = keysAt(root, path);
  const condition = keys.filter(one => isExpression(root, [...path, one.key]));
  const holder =
    condition.find(one => one.isRequired) ?? condition.find(one => one.key === 'when') ?? condition[0];
  const others = keys.filter(one => one.isRequired && one !== holder && one.holds === 'text');
  const usual = (key: string) => {
    const schemas = schemasAt(root, [...path, key]);
    const value =
      schemas.find(one => one.default !== undefined)?.default ?? schemas.find(one => one.enum)?.enum?.[0];
    return value === undefined ? '' : ` ${String(value)}`;
  };
  return [
    `${holder?.key ?? 'when'}: ${yamlText(expression)}`,
    ...others.map(one => `${one.key}:${usual(one.key)}`),
  ];
}

/** Adds lines at the end of a top-level key, which is added too where there is none. */
function append(text: string, key: string, lines: readonly string[]): { text: string; line: number } {
  const all = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const head = all.findIndex(line => new RegExp(`^${key}\\s*:\\s*(#.*)?$`).test(line));
  if (head < 0) {
    const made = [...all, `${key}:`, ...lines];
    return { text: `${made.join('\n')}\n`, line: all.length + 2 };
  }
  let end = head + 1;
  for (let i = head + 1; i < all.length && !/^[^\s#-]/.test(all[i] ?? ''); i++) {
    if (/^[\s-]*\S/.test(all[i] ?? '') && !(all[i] ?? '').startsWith('#')) end = i + 1;
  }
  all.splice(end, 0, ...lines);
  return { text: `${all.join('\n')}\n`, line: end + 1 };
}

/** Whether the name can be that of a new rule: one that the program takes and no other rule has. */
export function ruleNameFault(files: readonly ProgramFile[], rule: Pick<NewRule, 'kind' | 'name'>): boolean {
  if (rule.kind === 'exception') return rule.name.trim() === '';
  if (!/^[a-z][a-z0-9_-]*$/.test(rule.name)) return true;
  return files.some(file => {
    const isOf = new RegExp(`^${SECTIONS[rule.kind as 'signal']}\\s*:`, 'm').test(file.text);
    return isOf && new RegExp(`^\\s+${rule.name}\\s*:`, 'm').test(file.text);
  });
}

export function addRule(scope: Scope, files: readonly ProgramFile[], open: string, rule: NewRule): Placed {
  if (rule.kind === 'exception') {
    const item = `  - {when: ${JSON.stringify(rule.expression)}, cap: ${USUAL_CAP}, because: ${yamlText(rule.name.trim())}}`;
    const { text, line } = append(textOf(files, open) ?? '', 'exceptions', [item]);
    return { files: withFile(files, open, text), file: open, line };
  }
  const section = SECTIONS[rule.kind];
  const holder = files.find(file => new RegExp(`^${section}\\s*:\\s*(#.*)?$`, 'm').test(file.text));
  const file = holder?.name ?? `${section}.yaml`;
  const lines = [`  ${rule.name}:`, ...body(scope, section, rule.expression).map(line => `    ${line}`)];
  const { text, line } = append(textOf(files, file) ?? '', section, lines);
  return { files: withFile(files, file, text), file, line: line + 1 };
}
