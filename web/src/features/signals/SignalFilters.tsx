// Which signals the inbox lists: by where they stand, how urgent they are, whose and of which rule.
import { Button, Menu } from '@mantine/core';
import { useFormat, useUsers } from '@/features/session';
import { t } from '@/lib/i18n';
import { joinList, splitList } from '@/lib/search';
import { Icon } from '@/ui/Icon';
import { useRules } from './queries';
import classes from './SignalsPage.module.css';
import { ALL, MINE, SEVERITIES, type SignalSearch, STATES } from './search';

interface Choice {
  value: string;
  label: string;
}

interface PickProps {
  label: string;
  shown: string;
  choices: readonly Choice[];
  value: string;
  onChoose: (value: string) => void;
}

function Pick({ label, shown, choices, value, onChoose }: PickProps) {
  return (
    <Menu>
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          aria-label={`${label}: ${shown}`}
          rightSection={<Icon name="down" size={12} />}
        >
          {shown}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map(choice => (
          <Menu.RadioItem
            key={choice.value}
            value={choice.value}
            checked={choice.value === value}
            onClick={() => onChoose(choice.value)}
          >
            {choice.label}
          </Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface Props {
  search: SignalSearch;
  state: string;
  who: string;
  counts: ReadonlyMap<string, number>;
  onChange: (part: SignalSearch) => void;
}

export function SignalFilters({ search, state, who, counts, onChange }: Props) {
  const users = useUsers().data ?? [];
  const rules = useRules().data ?? [];
  const format = useFormat();
  const picked = splitList(search.severity);
  const since = search.since ? t('signals.since', { date: format.date(search.since) }) : '';
  const people: Choice[] = [
    { value: ALL, label: t('signals.everybody') },
    { value: MINE, label: t('signals.mine') },
    { value: 'none', label: t('signals.unassigned') },
    ...users.map(user => ({ value: user.id, label: user.name })),
  ];
  const named: Choice[] = [
    { value: '', label: t('signals.anyRule') },
    ...rules.map(({ rule }) => ({ value: rule, label: rule })),
  ];
  const shown = (choices: readonly Choice[], value: string) =>
    choices.find(choice => choice.value === value)?.label ?? value;
  const toggle = (severity: string) => {
    const next = SEVERITIES.filter(one => picked.includes(one) !== (one === severity));
    onChange({ severity: joinList(next) || undefined });
  };
  return (
    <div className={classes.filters}>
      <nav className={classes.states} aria-label={t('signals.stateLabel')}>
        {STATES.map(name => (
          <button
            key={name}
            type="button"
            className={classes.state}
            aria-pressed={name === state}
            onClick={() => onChange({ state: name === 'open' ? undefined : name })}
          >
            {t(`signals.state.${name}`)}
            {/* Before the answer, or without one, nothing is known: that is not 0. */}
            {counts.size > 0 && <span className="num">{format.number(counts.get(name) ?? 0)}</span>}
          </button>
        ))}
      </nav>
      <Pick
        label={t('signals.whose')}
        shown={shown(people, who)}
        choices={people}
        value={who}
        onChoose={value => onChange({ who: value })}
      />
      <Pick
        label={t('signals.rule')}
        shown={shown(named, search.rule ?? '')}
        choices={named}
        value={search.rule ?? ''}
        onChoose={value => onChange({ rule: value || undefined })}
      />
      <Menu closeOnItemClick={false}>
        <Menu.Target>
          <Button size="xs" variant="default" rightSection={<Icon name="down" size={12} />}>
            {picked.length === 0
              ? t('signals.anySeverity')
              : picked.map(one => t(`signals.severity.${one as 'high'}`)).join(', ')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {SEVERITIES.map(severity => (
            <Menu.CheckboxItem
              key={severity}
              value={severity}
              checked={picked.includes(severity)}
              onClick={() => toggle(severity)}
            >
              {t(`signals.severity.${severity}`)}
            </Menu.CheckboxItem>
          ))}
        </Menu.Dropdown>
      </Menu>
      {search.since && (
        <Button
          size="xs"
          variant="light"
          rightSection={<Icon name="close" size={12} />}
          aria-label={t('accounts.filter.remove', { filter: since })}
          onClick={() => onChange({ since: undefined })}
        >
          {since}
        </Button>
      )}
    </div>
  );
}
