// What the JSON Schema of a section says of a place in a file: the keys that may stand there, and whether
// a value is an expression.  Follows references and alternatives; checks nothing (the server does).

export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  definitions?: Record<string, Schema>;
  description?: string;
  type?: string | string[];
  /** Of an expression: what must come out of it. */
  'x-cel-result'?: string;
  enum?: unknown[];
  default?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  patternProperties?: Record<string, Schema>;
  items?: Schema | boolean;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
}

export interface KeyHelp {
  key: string;
  doc: string;
  isRequired: boolean;
  /** What follows the key: an expression, a list or map of its own, or something short. */
  holds: 'text' | 'list' | 'map';
}

/** The schema itself with those that it stands for: references followed, alternatives side by side. */
function alternatives(root: Schema, schema: Schema): Schema[] {
  const found = new Set<Schema>();
  const waiting = [schema];
  for (let one = waiting.pop(); one; one = waiting.pop()) {
    if (found.has(one)) continue;
    found.add(one);
    const refers = /^#\/(\$defs|definitions)\/(.+)$/.exec(one.$ref ?? '');
    const named = refers ? (root.$defs ?? root.definitions)?.[refers[2] ?? ''] : undefined;
    const inner = [
      ...(named ? [named] : []),
      ...(one.oneOf ?? []),
      ...(one.anyOf ?? []),
      ...(one.allOf ?? []),
    ];
    waiting.push(...inner.reverse());
  }
  return [...found];
}

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;

function below(root: Schema, schema: Schema, step: string): Schema[] {
  return alternatives(root, schema).flatMap(one => {
    if (step === '[]') return isSchema(one.items) ? [one.items] : [];
    const named = one.properties?.[step];
    if (named) return [named];
    const patterns = Object.entries(one.patternProperties ?? {}).filter(([pattern]) =>
      new RegExp(pattern).test(step),
    );
    if (patterns.length > 0) return patterns.map(([, inner]) => inner);
    return isSchema(one.additionalProperties) ? [one.additionalProperties] : [];
  });
}

/** Everything that the schema says of the place at the end of the path. */
export function schemasAt(root: Schema, path: readonly string[]): Schema[] {
  const found = path.reduce<Schema[]>(
    (schemas, step) => schemas.flatMap(one => below(root, one, step)),
    [root],
  );
  return found.flatMap(one => alternatives(root, one));
}

function holds(root: Schema, schema: Schema): KeyHelp['holds'] {
  const all = alternatives(root, schema);
  if (all.some(one => one.type === 'array')) return 'list';
  return all.some(one => one.type === 'object') ? 'map' : 'text';
}

export function keysAt(root: Schema, path: readonly string[]): KeyHelp[] {
  const keys = new Map<string, KeyHelp>();
  for (const schema of schemasAt(root, path)) {
    for (const [key, value] of Object.entries(schema.properties ?? {})) {
      const doc = alternatives(root, value).find(one => one.description)?.description ?? '';
      const isRequired = schema.required?.includes(key) === true;
      if (!keys.has(key)) keys.set(key, { key, doc, isRequired, holds: holds(root, value) });
    }
  }
  return [...keys.values()];
}

/** The values that may stand there, if they are few. */
export function choicesAt(root: Schema, path: readonly string[]): string[] {
  const schemas = schemasAt(root, path);
  const flags = schemas.some(one => one.type === 'boolean') ? ['true', 'false'] : [];
  const values = schemas.flatMap(one => one.enum ?? []).filter(value => typeof value !== 'object');
  return [...new Set([...values.map(String), ...flags])];
}

export function isExpression(root: Schema, path: readonly string[]): boolean {
  return schemasAt(root, path).some(one => one['x-cel-result'] !== undefined);
}

export function docAt(root: Schema, path: readonly string[]): string {
  return schemasAt(root, path).find(one => one.description)?.description ?? '';
}
