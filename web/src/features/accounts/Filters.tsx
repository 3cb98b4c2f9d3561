// Search, filters, columns and CSV above the book.  All of them live in the address.
import { Button, Menu, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { type KeyboardEvent, type Ref, useEffect, useRef, useState } from 'react';
import { HealthShape } from '@/features/health';
import { useUsers } from '@/features/session';
import { t } from '@/lib/i18n';
import { joinList, splitList } from '@/lib/search';
import { Icon } from '@/ui/Icon';
import classes from './AccountsPage.module.css';
import { Carried } from './Carried';
import { CsvButton } from './CsvButton';
import { type AccountFilter, type AccountSearch, isNarrowed, NOTHING, RENEWAL_DAYS, SHADES } from './filter';

/** What the server takes. */
const SEARCH_MAX = 200;

interface FilterProps {
  search: AccountSearch;
  onChange: (change: Partial<AccountSearch>) => void;
}

function FilterButton({ label, value }: { label: string; value: string | null }) {
  return (
    <Menu.Target>
      <Button
        size="xs"
        variant="default"
        className={classes.filter}
        data-set={value !== null}
        rightSection={<Icon name="down" size={12} />}
      >
        {value === null ? label : `${label}: ${value}`}
      </Button>
    </Menu.Target>
  );
}

function BandFilter({ search, onChange }: FilterProps) {
  const bands = splitList(search.band);
  const value = bands.length > 0 ? bands.map(band => t(`health.band.${band as 'red'}`)).join(', ') : null;
  const toggle = (band: string) => {
    const next = SHADES.filter(one => (one === band ? !bands.includes(one) : bands.includes(one)));
    onChange({ band: joinList(next) });
  };
  return (
    <Menu>
      <FilterButton label={t('accounts.filter.band')} value={value} />
      <Menu.Dropdown>
        {SHADES.map(band => (
          <Menu.CheckboxItem key={band} checked={bands.includes(band)} onChange={() => toggle(band)}>
            <span className={classes.option}>
              <HealthShape shade={band} /> {t(`health.band.${band}`)}
            </span>
          </Menu.CheckboxItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function OwnerFilter({ search, onChange }: FilterProps) {
  const users = useUsers();
  const owner = users.data?.find(user => user.id === search.owner);
  return (
    <Menu>
      <FilterButton
        label={t('accounts.filter.owner')}
        value={search.owner ? (owner?.name ?? t('accounts.filter.one')) : null}
      />
      <Menu.Dropdown>
        <Menu.RadioItem value="" checked={!search.owner} onClick={() => onChange({ owner: undefined })}>
          {t('accounts.filter.anyone')}
        </Menu.RadioItem>
        {users.data?.map(user => (
          <Menu.RadioItem
            key={user.id}
            value={user.id}
            checked={user.id === search.owner}
            onClick={() => onChange({ owner: user.id })}
          >
            {user.name}
          </Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function RenewalFilter({ search, onChange }: FilterProps) {
  const value = search.renewal ? t('accounts.filter.within', { days: search.renewal }) : null;
  return (
    <Menu>
      <FilterButton label={t('accounts.filter.renewal')} value={value} />
      <Menu.Dropdown>
        <Menu.RadioItem value="" checked={!search.renewal} onClick={() => onChange({ renewal: undefined })}>
          {t('accounts.filter.anyTime')}
        </Menu.RadioItem>
        {RENEWAL_DAYS.map(days => (
          <Menu.RadioItem
            key={days}
            value={days}
            checked={search.renewal === days}
            onClick={() => onChange({ renewal: days })}
          >
            {t('accounts.filter.within', { days })}
          </Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface SearchBoxProps {
  q: string;
  inputRef: Ref<HTMLInputElement>;
  onSearch: (q: string) => void;
  onLeave: () => void;
}

function SearchBox({ q, inputRef, onSearch, onLeave }: SearchBoxProps) {
  const [text, setText] = useState(q);
  /** Searched for, and not in the address yet. */
  const own = useRef<string[]>([]);
  const later = useDebouncedCallback((value: string) => {
    if (value !== q) own.current.push(value);
    onSearch(value);
  }, 120);
  // The address may also change without typing: back, a link, "clear".  What was typed stays, whatever comes late.
  useEffect(() => {
    const at = own.current.lastIndexOf(q);
    if (at < 0) setText(q);
    else own.current.splice(0, at + 1);
  }, [q]);

  const press = (event: KeyboardEvent) => {
    if (event.key === 'Enter' || event.key === 'ArrowDown') {
      event.preventDefault();
      later.flush();
      onLeave();
    } else if (event.key === 'Escape') {
      event.currentTarget instanceof HTMLElement && event.currentTarget.blur();
    }
  };
  return (
    <TextInput
      ref={inputRef}
      size="xs"
      type="search"
      className={classes.search}
      aria-label={t('accounts.search')}
      placeholder={t('accounts.search')}
      leftSection={<Icon name="search" size={14} />}
      maxLength={SEARCH_MAX}
      value={text}
      onChange={event => {
        setText(event.currentTarget.value);
        later(event.currentTarget.value.trim());
      }}
      onKeyDown={press}
    />
  );
}

interface ColumnChoice {
  id: string;
  label: string;
  shown: boolean;
}

interface Props extends FilterProps {
  filter: AccountFilter;
  searchRef: Ref<HTMLInputElement>;
  columns: ColumnChoice[] | null;
  onColumn: (id: string) => void;
  onLeaveSearch: () => void;
}

export function Filters({ search, filter, onChange, searchRef, columns, onColumn, onLeaveSearch }: Props) {
  return (
    <div className={classes.toolbar} role="toolbar" aria-label={t('accounts.filter.label')}>
      <SearchBox
        q={search.q ?? ''}
        inputRef={searchRef}
        onSearch={q => onChange({ q: q || undefined })}
        onLeave={onLeaveSearch}
      />
      <BandFilter search={search} onChange={onChange} />
      <OwnerFilter search={search} onChange={onChange} />
      <RenewalFilter search={search} onChange={onChange} />
      <Carried search={search} onChange={onChange} />
      {isNarrowed(search) && (
        <Button size="xs" variant="subtle" onClick={() => onChange(NOTHING)}>
          {t('accounts.filter.clear')}
        </Button>
      )}
      <span className={classes.spacer} />
      {columns && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="xs" variant="default" leftSection={<Icon name="columns" size={14} />}>
              {t('accounts.columns')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {columns.map(column => (
              <Menu.CheckboxItem key={column.id} checked={column.shown} onChange={() => onColumn(column.id)}>
                {column.label}
              </Menu.CheckboxItem>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {filter.as_of === undefined && <CsvButton filter={filter} />}
    </div>
  );
}
