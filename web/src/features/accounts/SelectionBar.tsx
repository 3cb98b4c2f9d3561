// What can be done with several accounts at once.
import { Button, Menu } from '@mantine/core';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import classes from './AccountsPage.module.css';
import { OwnerItems } from './OwnerMenu';

export function SelectionBar({ ids, onClear }: { ids: string[]; onClear: () => void }) {
  return (
    <div
      className={classes.selection}
      role="toolbar"
      aria-label={t('accounts.selected', { count: ids.length })}
    >
      <strong role="status">{t('accounts.selected', { count: ids.length })}</strong>
      <Menu>
        <Menu.Target>
          <Button size="compact-xs" variant="default" rightSection={<Icon name="down" size={12} />}>
            {t('accounts.setOwner')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <OwnerItems accounts={ids.map(id => ({ id, owner_id: undefined }))} onDone={onClear} />
        </Menu.Dropdown>
      </Menu>
      <Button size="compact-xs" variant="subtle" onClick={onClear}>
        {t('accounts.clearSelection')}
      </Button>
    </div>
  );
}
