// What the explanation compares with: some days ago, the last visit, or between two dates.
import { Button, Menu, TextInput } from '@mantine/core';
import { isDay } from '@/lib/days';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import classes from './AccountPage.module.css';

export const SINCE = ['1', '7', '28', '90'] as const;
export const SEEN = 'seen';

interface SinceProps {
  since: string;
  to: string | undefined;
  today: string;
  seen: number | undefined;
  /** The day that the comparison begins with. */
  from: string;
  onChange: (since: string, to?: string) => void;
}

function TwoDates({ since, to, today, onChange }: SinceProps) {
  return (
    <>
      <TextInput
        size="xs"
        type="date"
        aria-label={t('portfolio.sinceFrom')}
        max={to ?? today}
        value={since}
        onChange={event => isDay(event.currentTarget.value) && onChange(event.currentTarget.value, to)}
      />
      <TextInput
        size="xs"
        type="date"
        aria-label={t('portfolio.sinceTo')}
        min={since}
        max={today}
        value={to ?? today}
        onChange={event => isDay(event.currentTarget.value) && onChange(since, event.currentTarget.value)}
      />
    </>
  );
}

export function SinceMenu(props: SinceProps) {
  const { since, from, seen, onChange } = props;
  const words = (choice: string) => {
    if (choice === SEEN) return t('bill.sinceSeen');
    return isDay(choice) ? t('bill.dates') : t('bill.sinceDays', { count: Number(choice) });
  };
  const choices = [...(seen === undefined ? SINCE : [SEEN, ...SINCE]), isDay(since) ? since : from];
  return (
    <span className={classes.sinceTools}>
      {isDay(since) && <TwoDates {...props} />}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="compact-xs" variant="subtle" rightSection={<Icon name="down" size={12} />}>
            {words(since)}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {choices.map(choice => (
            <Menu.RadioItem
              key={choice}
              value={choice}
              checked={choice === since}
              onClick={() => onChange(choice)}
            >
              {words(choice)}
            </Menu.RadioItem>
          ))}
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}
