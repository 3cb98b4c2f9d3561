// Filters that came with a link from another page, each with a press that takes it away.
import { Button } from '@mantine/core';
import type { Shade } from '@/features/health';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { splitList } from '@/lib/search';
import { Icon } from '@/ui/Icon';
import classes from './AccountsPage.module.css';
import { type AccountSearch, ANY_DAY, PLACES } from './filter';

interface Props {
  search: AccountSearch;
  onChange: (change: Partial<AccountSearch>) => void;
}

function Chip({ label, onRemove }: { label: string; onRemove: () => void }) {
  return (
    <Button
      size="xs"
      variant="default"
      className={classes.filter}
      data-set={true}
      rightSection={<Icon name="close" size={12} />}
      aria-label={t('accounts.filter.remove', { filter: label })}
      onClick={onRemove}
    >
      {label}
    </Button>
  );
}

export function Carried({ search, onChange }: Props) {
  const format = useFormat();
  const [was, is] = (search.moved?.split('-') ?? []) as Shade[];
  const date = (day: string | undefined) => (day ? format.date(day) : '');
  const days = { from: date(search.from), to: date(search.to) };
  return (
    <>
      {PLACES.map(place => {
        const names = splitList(search[place]).map(name => name.replaceAll('/', ': '));
        if (names.length === 0) return null;
        return (
          <Chip
            key={place}
            label={
              place === 'scorecard' && names[0] === 'none'
                ? t('accounts.filter.unscored')
                : t(`accounts.filter.${place}`, { names: names.join(', ') })
            }
            onRemove={() => onChange({ [place]: undefined })}
          />
        );
      })}
      {search.risk && (
        <Chip label={t('accounts.filter.risk')} onRemove={() => onChange({ risk: undefined })} />
      )}
      {(['left', 'renewed'] as const).map(end => {
        const within = search[end];
        return (
          within && (
            <Chip
              key={end}
              label={
                within === ANY_DAY
                  ? t('accounts.filter.leftEver')
                  : t(`accounts.filter.${end}`, { days: within })
              }
              onRemove={() => onChange({ [end]: undefined })}
            />
          )
        );
      })}
      {search.hand && (
        <Chip label={t('accounts.filter.hand')} onRemove={() => onChange({ hand: undefined })} />
      )}
      {search.answered && (
        <Chip
          label={t('accounts.filter.answered', { count: Number(search.answered) })}
          onRemove={() => onChange({ answered: undefined })}
        />
      )}
      {search.moved && was && is && (
        <Chip
          label={t(search.to ? 'accounts.filter.movedTo' : 'accounts.filter.moved', {
            was: t(`health.band.${was}`).toLowerCase(),
            is: t(`health.band.${is}`).toLowerCase(),
            ...days,
          })}
          onRemove={() => onChange({ moved: undefined, from: undefined, to: undefined })}
        />
      )}
    </>
  );
}
