import { expect, test } from 'vitest';
import type { ProgramName } from '@/api/types';
import { type Condition, celOf, comparisonsOf, fieldsOf, newTerm } from './condition';

const name = (usage: string, type: ProgramName['type']): ProgramName => ({
  name: usage.split('.')[0] ?? usage,
  usage,
  type,
  unit: '',
  doc: '',
  source: 'book',
});
const fields = fieldsOf([
  name('arr', 'double'),
  name('has_champion', 'bool'),
  name('stage', 'string'),
  name('logins.sum(days)', 'double'),
  name('logins.days_since()', 'double'),
  name('trait.plan', 'string'),
  name('trait.employees.number()', 'double'),
  name('last_seen_at', 'timestamp'),
  name('children.sum(name)', 'double'),
]);
const term = (field: string, comparison: Condition['terms'][0]['comparison'], value = '', more = {}) => ({
  field,
  comparison,
  value,
  days: '28',
  key: '',
  ...more,
});
const made = (join: '&&' | '||', ...terms: Condition['terms']) => celOf({ join, terms }, fields);

test('field, comparison and value make an expression', () => {
  expect(made('&&', term('arr', '>', '5000'))).toBe('arr > 5000');
  expect(
    made('&&', term('has_champion', 'isNot'), term('logins.sum(days)', '<=', '0.5', { days: '7' })),
  ).toBe('!has_champion && logins.sum(7) <= 0.5');
  expect(made('||', term('stage', '==', 'live'), term('stage', 'startsWith', "it's \\ here"))).toBe(
    "stage == 'live' || stage.startsWith('it\\'s \\\\ here')",
  );
  expect(made('&&', term('last_seen_at', '<', '2026-03-01'))).toBe(
    "last_seen_at < timestamp('2026-03-01T00:00:00Z')",
  );
});

test('a trait is compared by the key that is given', () => {
  expect(made('&&', term('trait.plan', '==', 'pro', { key: 'tier' }))).toBe("trait.tier == 'pro'");
  expect(made('&&', term('trait.employees.number()', '>', '5', { key: 'staff' }))).toBe(
    'trait.staff.number() > 5',
  );
  expect(made('&&', term('trait.plan', '==', 'pro', { key: 'a b' }))).toBeNull();
});

test('what is not complete, or is no number, makes none', () => {
  expect(made('&&')).toBeNull();
  for (const value of ['', 'x', '5 || true', '1e', '.', '5)'])
    expect(made('&&', term('arr', '>', value))).toBeNull();
  expect(made('&&', term('stage', '==', ''))).toBeNull();
  expect(made('&&', term('logins.sum(days)', '>', '1', { days: '0' }))).toBeNull();
  expect(made('&&', term('gone', '>', '1'))).toBeNull();
  expect(made('&&', term('arr', '>', '1'), term('arr', '>', ''))).toBeNull();
});

test('a field offers the comparisons of its kind, and what takes more than days is left to the editor', () => {
  expect(fields.map(field => field.id)).not.toContain('children.sum(name)');
  for (const field of fields) expect(comparisonsOf(field)).toContain(newTerm(field).comparison);
  expect(fields.find(field => field.id === 'logins.days_since()')?.takesDays).toBe(false);
});
