// A condition put together from fields, comparisons and values, as an expression of the rule language.
import type { ProgramName } from '@/api/types';

export type Kind = 'number' | 'text' | 'truth' | 'moment' | 'span';

/** A name as one can choose it: with what must be filled in to use it. */
export interface Field {
  /** Of the choice: its usage. */
  id: string;
  doc: string;
  unit: string;
  source: string;
  kind: Kind;
  takesDays: boolean;
  /** Any trait: the key of the trait is to be given. */
  takesKey: boolean;
}

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'contains' | 'startsWith' | 'is' | 'isNot';

export interface Term {
  field: string;
  days: string;
  key: string;
  comparison: Comparison;
  value: string;
}

export interface Condition {
  join: '&&' | '||';
  terms: Term[];
}

const KINDS: Record<ProgramName['type'], Kind> = {
  double: 'number',
  int: 'number',
  string: 'text',
  bool: 'truth',
  timestamp: 'moment',
  duration: 'span',
};

/** The names that a condition of this form can compare; those that take more than days are for the editor. */
export function fieldsOf(names: readonly ProgramName[]): Field[] {
  return names.flatMap((name): Field[] => {
    const kind = KINDS[name.type];
    const usable = /^[\w.]+(\(\)|\(days\))?$/.test(name.usage);
    if (!usable) return [];
    return [
      {
        id: name.usage,
        doc: name.doc,
        unit: name.unit,
        source: name.source,
        kind,
        takesDays: name.usage.endsWith('(days)'),
        takesKey: name.usage.startsWith('trait.'),
      },
    ];
  });
}

const COMPARISONS: Record<Kind, readonly Comparison[]> = {
  number: ['>', '>=', '<', '<=', '==', '!='],
  text: ['==', '!=', 'contains', 'startsWith'],
  truth: ['is', 'isNot'],
  moment: ['<', '>'],
  span: ['>', '>=', '<', '<='],
};

export function comparisonsOf(field: Field): readonly Comparison[] {
  return COMPARISONS[field.kind];
}

export function newTerm(field: Field): Term {
  return { field: field.id, days: '28', key: '', comparison: COMPARISONS[field.kind][0] ?? '==', value: '' };
}

/** A text of the language: quotes, backslashes and control characters are written as escapes. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
}

function subject(field: Field, term: Term): string | null {
  let name = field.id;
  if (field.takesKey) {
    if (!/^[A-Za-z_]\w*$/.test(term.key)) return null;
    name = name.replace(/^trait\.\w+/, `trait.${term.key}`);
  }
  if (!field.takesDays) return name;
  return /^[1-9]\d{0,3}$/.test(term.days) ? name.replace('(days)', `(${term.days})`) : null;
}

function literal(kind: Kind, value: string): string | null {
  const text = value.trim();
  if (kind === 'text') return quoted(value);
  if (kind === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? text : null;
  if (kind === 'span') return /^\d+(\.\d+)?$/.test(text) ? `duration('${text}h')` : null;
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? `timestamp('${text}T00:00:00Z')` : null;
}

/** The expression of one line; null while something is missing. */
export function celOfTerm(field: Field, term: Term): string | null {
  const left = subject(field, term);
  if (left === null) return null;
  if (term.comparison === 'is') return left;
  if (term.comparison === 'isNot') return `!${left}`;
  const right = literal(field.kind, term.value);
  if (right === null || (field.kind === 'text' && term.value === '')) return null;
  if (term.comparison === 'contains' || term.comparison === 'startsWith')
    return `${left}.${term.comparison}(${right})`;
  return `${left} ${term.comparison} ${right}`;
}

/** The whole expression; null while a line is not complete. */
export function celOf(condition: Condition, fields: readonly Field[]): string | null {
  const parts = condition.terms.map(term => {
    const field = fields.find(one => one.id === term.field);
    return field ? celOfTerm(field, term) : null;
  });
  if (parts.length === 0 || parts.includes(null)) return null;
  return parts.join(` ${condition.join} `);
}
