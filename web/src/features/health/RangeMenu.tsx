// Which stretch of the history is shown.
import { Button, Menu, TextInput } from '@mantine/core';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import { type HistoryRange, RANGES, rangeText } from './range';

const DAY_MS = 86_400_000;

interface RangeProps {
  range: HistoryRange;
  today: string;
  onRange: (range: string | undefined) => void;
}

export function RangeMenu({ range, today, onRange }: RangeProps) {
  const { choice } = range;
  const from = range.from ?? new Date(Date.parse(today) - 28 * DAY_MS).toISOString().slice(0, 10);
  const to = range.to ?? today;
  const setDates = (from: string, to: string) => onRange(rangeText({ choice: 'dates', from, to }));
  return (
    <>
      {choice === 'dates' && (
        <>
          <TextInput
            size="xs"
            type="date"
            aria-label={t('portfolio.sinceFrom')}
            max={to}
            value={from}
            onChange={event => setDates(event.currentTarget.value, to)}
          />
          <TextInput
            size="xs"
            type="date"
            aria-label={t('portfolio.sinceTo')}
            min={from}
            max={today}
            value={to}
            onChange={event => setDates(from, event.currentTarget.value)}
          />
        </>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="compact-xs" variant="subtle" rightSection={<Icon name="down" size={12} />}>
            {t(`history.ranges.${choice}`)}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {[...RANGES, 'dates' as const].map(one => (
            <Menu.RadioItem
              key={one}
              value={one}
              checked={one === choice}
              onClick={() => (one === 'dates' ? setDates(from, to) : onRange(rangeText({ choice: one })))}
            >
              {t(`history.ranges.${one}`)}
            </Menu.RadioItem>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
