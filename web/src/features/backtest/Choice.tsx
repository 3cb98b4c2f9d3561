// One of few, in a menu that says what is chosen.
import { Button, Menu } from '@mantine/core';
import { Icon } from '@/ui/Icon';
import page from '@/ui/page.module.css';

interface ChoiceProps {
  label: string;
  value: string;
  choices: readonly { value: string; label: string; note?: string }[];
  onChange: (value: string) => void;
}

export function Choice({ label, value, choices, onChange }: ChoiceProps) {
  const chosen = choices.find(one => one.value === value)?.label ?? value;
  return (
    <Menu>
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          aria-label={`${label}: ${chosen}`}
          rightSection={<Icon name="down" size={12} />}
        >
          {chosen}
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={page.menu}>
        <Menu.Label>{label}</Menu.Label>
        {choices.map(one => (
          <Menu.RadioItem
            key={one.value}
            value={one.value}
            checked={one.value === value}
            onClick={() => onChange(one.value)}
          >
            {one.label}
            {one.note && <span className={page.doc}>{one.note}</span>}
          </Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
