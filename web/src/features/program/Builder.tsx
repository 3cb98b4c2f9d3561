// A condition for those who do not write expressions: field, comparison, value, and what they make.
import { ActionIcon, Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { ProgramFile } from '@/api/types';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import classes from './Builder.module.css';
import {
  type Comparison,
  type Condition,
  celOf,
  comparisonsOf,
  type Field,
  fieldsOf,
  newTerm,
  type Term,
} from './condition';
import panels from './Panels.module.css';
import { kindsFor, type NewRule, type RuleKind, ruleNameFault } from './rules';
import type { Scope } from './scope';

/** What a comparison is called: of moments, less is earlier. */
function wordOf(comparison: Comparison, field: Field): string {
  if (field.kind === 'moment') return t(`program.builder.compare.${comparison === '<' ? 'before' : 'after'}`);
  return t(`program.builder.compare.${comparison}`);
}

const SOURCES = ['book', 'metric', 'rows'] as const;

function sourceWord(source: string): string {
  const known = SOURCES.find(one => one === source);
  return known ? t(`program.builder.source.${known}`) : source;
}

function FieldChoice({
  fields,
  value,
  onChange,
}: {
  fields: Field[];
  value: string;
  onChange: (id: string) => void;
}) {
  const sources = [...new Set(fields.map(field => field.source))];
  return (
    <NativeSelect
      label={t('program.builder.field')}
      size="xs"
      value={value}
      onChange={event => onChange(event.currentTarget.value)}
    >
      {sources.map(source => (
        <optgroup key={source} label={sourceWord(source)}>
          {fields
            .filter(field => field.source === source)
            .map(field => (
              <option key={field.id} value={field.id}>
                {field.id}
              </option>
            ))}
        </optgroup>
      ))}
    </NativeSelect>
  );
}

interface LineProps {
  fields: Field[];
  term: Term;
  number: number;
  isOnly: boolean;
  onChange: (term: Term) => void;
  onRemove: () => void;
}

function Line({ fields, term, number, isOnly, onChange, onRemove }: LineProps) {
  const field = fields.find(one => one.id === term.field);
  if (!field) return null;
  const choose = (id: string) => {
    const chosen = fields.find(one => one.id === id);
    if (chosen) onChange(newTerm(chosen));
  };
  const set = (part: Partial<Term>) => onChange({ ...term, ...part });
  const unit = field.kind === 'span' ? t('program.builder.hours') : field.unit;
  return (
    <fieldset className={classes.line}>
      <legend className="sr-only">{number}</legend>
      <FieldChoice fields={fields} value={field.id} onChange={choose} />
      {field.takesKey && (
        <TextInput
          label={t('program.builder.key')}
          size="xs"
          value={term.key}
          onChange={event => set({ key: event.currentTarget.value })}
        />
      )}
      {field.takesDays && (
        <TextInput
          label={t('program.builder.days')}
          size="xs"
          className={classes.short}
          inputMode="numeric"
          value={term.days}
          onChange={event => set({ days: event.currentTarget.value })}
        />
      )}
      <NativeSelect
        label={t('program.builder.comparison')}
        size="xs"
        value={term.comparison}
        onChange={event => set({ comparison: event.currentTarget.value as Comparison })}
        data={comparisonsOf(field).map(one => ({ value: one, label: wordOf(one, field) }))}
      />
      {field.kind !== 'truth' && (
        <TextInput
          label={unit ? `${t('program.builder.value')} (${unit})` : t('program.builder.value')}
          size="xs"
          className={classes.value}
          type={field.kind === 'moment' ? 'date' : 'text'}
          inputMode={field.kind === 'number' ? 'decimal' : undefined}
          value={term.value}
          onChange={event => set({ value: event.currentTarget.value })}
        />
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        className={classes.remove}
        aria-label={t('program.builder.remove', { number })}
        disabled={isOnly}
        onClick={onRemove}
      >
        <Icon name="close" size={14} />
      </ActionIcon>
      {field.doc && <p className={classes.doc}>{field.doc}</p>}
    </fieldset>
  );
}

type Where = 'cursor' | RuleKind;

interface Props {
  scope: Scope;
  files: readonly ProgramFile[];
  open: string;
  onClose: () => void;
  onExpression: (expression: string) => void;
  onRule: (rule: NewRule) => void;
}

function Body({ scope, files, open, onClose, onExpression, onRule }: Props) {
  const fields = useMemo(() => fieldsOf(scope.names), [scope.names]);
  const [condition, setCondition] = useState<Condition>(() => ({
    join: '&&',
    terms: fields.slice(0, 1).map(newTerm),
  }));
  const [where, setWhere] = useState<Where>('cursor');
  const [name, setName] = useState('');
  const { terms } = condition;
  const expression = celOf(condition, fields);
  const wheres: Where[] = ['cursor', ...kindsFor(scope, files, open)];
  const needsName = where !== 'cursor';
  const isReady = expression !== null && !(needsName && ruleNameFault(files, { kind: where, name }));
  const setTerm = (i: number, term: Term) =>
    setCondition({ ...condition, terms: terms.map((old, at) => (at === i ? term : old)) });
  const insert = () => {
    if (expression === null) return;
    onClose();
    if (where === 'cursor') onExpression(expression);
    else onRule({ kind: where, name, expression });
  };
  const first = fields[0];
  return (
    <form
      className={panels.form}
      onSubmit={event => {
        event.preventDefault();
        if (isReady) insert();
      }}
    >
      {terms.length > 1 && (
        <NativeSelect
          label={t('program.builder.join')}
          size="xs"
          value={condition.join}
          onChange={event =>
            setCondition({ ...condition, join: event.currentTarget.value as Condition['join'] })
          }
          data={[
            { value: '&&', label: t('program.builder.all') },
            { value: '||', label: t('program.builder.any') },
          ]}
        />
      )}
      {terms.map((term, i) => (
        <Line
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
          key={i}
          fields={fields}
          term={term}
          number={i + 1}
          isOnly={terms.length === 1}
          onChange={changed => setTerm(i, changed)}
          onRemove={() => setCondition({ ...condition, terms: terms.filter((_, at) => at !== i) })}
        />
      ))}
      <Button
        size="compact-xs"
        variant="subtle"
        w="fit-content"
        leftSection={<Icon name="plus" size={12} />}
        disabled={!first}
        onClick={() => first && setCondition({ ...condition, terms: [...terms, newTerm(first)] })}
      >
        {t('program.builder.add')}
      </Button>
      <div>
        <p className={classes.label} id="builder-makes">
          {t('program.builder.makes')}
        </p>
        <output className={classes.made} aria-labelledby="builder-makes">
          {expression ?? <span className="dim">{t('program.builder.incomplete')}</span>}
        </output>
      </div>
      <div className={classes.line}>
        <NativeSelect
          label={t('program.builder.as')}
          size="xs"
          value={where}
          onChange={event => setWhere(event.currentTarget.value as Where)}
          data={wheres.map(one => ({ value: one, label: t(`program.builder.at.${one}`) }))}
        />
        {needsName && (
          <TextInput
            label={t(where === 'exception' ? 'program.builder.because' : 'program.builder.name')}
            size="xs"
            className={classes.value}
            value={name}
            onChange={event => setName(event.currentTarget.value)}
          />
        )}
      </div>
      <div className={panels.buttons}>
        <Button type="submit" disabled={!isReady}>
          {t('program.builder.insert')}
        </Button>
      </div>
    </form>
  );
}

export function Builder(props: Props) {
  return (
    <Modal
      opened
      onClose={props.onClose}
      size={720}
      title={t('program.builder.title')}
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      <Body {...props} />
    </Modal>
  );
}
