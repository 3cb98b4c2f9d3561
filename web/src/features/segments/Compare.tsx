// Which segments are looked at: a menu to tick them in.
import { Button, Menu } from '@mantine/core';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import page from '@/ui/page.module.css';
import { COMPARED_MOST } from './sets';

interface Props {
  label: string;
  names: readonly string[];
  chosen: readonly string[];
  onChange: (names: string[]) => void;
}

/** Two at least, sixteen at most. */
export function Compare({ label, names, chosen, onChange }: Props) {
  const toggle = (name: string) => onChange(names.filter(one => chosen.includes(one) !== (one === name)));
  return (
    <Menu position="bottom-end" closeOnItemClick={false}>
      <Menu.Target>
        <Button size="xs" variant="default" rightSection={<Icon name="down" size={12} />}>
          {label}: {t('segments.compareCount', { count: chosen.length })}
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={page.menu}>
        {names.length > COMPARED_MOST && <Menu.Label>{t('segments.compareMost')}</Menu.Label>}
        {names.map(name => {
          const on = chosen.includes(name);
          return (
            <Menu.CheckboxItem
              key={name}
              value={name}
              checked={on}
              disabled={on ? chosen.length <= 2 : chosen.length >= COMPARED_MOST}
              onClick={() => toggle(name)}
            >
              {name}
            </Menu.CheckboxItem>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
