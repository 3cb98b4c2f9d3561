// What expressions of the mock's program can name, and the keys of its one section with a schema.
const name = (usage, type, doc, source, unit = '') => ({
  name: usage.split(/[.(]/)[0],
  usage,
  type,
  unit,
  doc,
  source,
});
export const names = [
  name('name', 'string', 'what the account is called', 'account record'),
  name('stage', 'string', 'lifecycle stage', 'account record'),
  name('arr', 'double', 'annual recurring revenue, in major units', 'contracts'),
  name('days_to_renewal', 'double', 'days until the last contract ends', 'contracts', 'days'),
  name('has_champion', 'bool', 'somebody is champion', 'people'),
  name('has_sponsor', 'bool', 'somebody is sponsor', 'people'),
  name('seats', 'double', 'seats of the contracts that run', 'contracts', 'seats'),
  name('open_tickets', 'double', 'tickets that are not solved', 'tickets', 'tickets'),
  name('critical_tickets_open', 'double', 'critical tickets that are not solved', 'tickets', 'tickets'),
  name('oldest_critical_hours', 'double', 'age of the oldest open critical ticket', 'tickets', 'hours'),
  ...['logins', 'events', 'active_users', 'features_used', 'seats_used'].flatMap(metric =>
    ['sum(days)', 'change(days)', 'distinct(days)', 'days_since()', 'last()'].map(method =>
      name(
        `${metric}.${method}`,
        'double',
        `${metric.replace('_', ' ')} as the product sends them`,
        'metrics',
      ),
    ),
  ),
  name('trait.plan', 'string', 'a trait of the account, as text', 'group calls'),
];
export const functions = [
  { name: 'size', usage: 'size(x)', doc: 'Characters of a text, elements of a list', kind: 'function' },
  {
    name: 'startsWith',
    usage: 'x.startsWith(prefix)',
    doc: 'The text begins with the other',
    kind: 'function',
  },
  { name: 'math.abs', usage: 'math.abs(x)', doc: 'Without its sign', kind: 'function' },
];
const cel = { type: 'string', 'x-cel-result': 'bool' };
export const schemas = {
  signals: {
    description: 'What to notice',
    type: 'object',
    additionalProperties: {
      type: 'object',
      required: ['when', 'severity'],
      properties: {
        when: { ...cel, description: 'raised while this holds' },
        severity: { enum: ['low', 'medium', 'high'], description: 'how much it matters' },
        doc: { type: 'string', description: 'what it means' },
      },
    },
  },
};
