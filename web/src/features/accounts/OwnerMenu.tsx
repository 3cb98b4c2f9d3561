// Choosing the owner of one account or of many; saved at once, with an undo where it is known.
import { Menu, UnstyledButton } from '@mantine/core';
import { useCan, useUsers } from '@/features/session';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import { say, sayFailure } from '@/ui/say';
import classes from './OwnerMenu.module.css';
import { type OwnerChange, useAssignOwner } from './queries';

interface ItemsProps {
  /** An owner_id of undefined means: not known here, so not to be undone. */
  accounts: { id: string; owner_id: string | null | undefined }[];
  onDone?: () => void;
}

export function OwnerItems({ accounts, onDone }: ItemsProps) {
  const users = useUsers();
  const assign = useAssignOwner();
  const only = accounts.length === 1 ? accounts[0]?.owner_id : undefined;

  const choose = (owner: { id: string; name: string } | null) => {
    const back = accounts.filter((account): account is OwnerChange => account.owner_id !== undefined);
    const name = owner?.name ?? t('accounts.nobody');
    assign.mutate(
      accounts.map(({ id }) => ({ id, owner_id: owner?.id ?? null })),
      {
        onSuccess: () => {
          const undo = back.length === accounts.length ? () => assign.mutate(back) : undefined;
          say(t('accounts.ownerSaved', { count: accounts.length, name }), undo);
          onDone?.();
        },
        onError: sayFailure,
      },
    );
  };
  return (
    <>
      {users.data?.map(user => (
        <Menu.RadioItem key={user.id} value={user.id} checked={user.id === only} onClick={() => choose(user)}>
          {user.name}
        </Menu.RadioItem>
      ))}
      <Menu.Divider />
      <Menu.RadioItem value="" checked={only === null} onClick={() => choose(null)}>
        {t('accounts.nobody')}
      </Menu.RadioItem>
    </>
  );
}

export function OwnerMenu({ id, owner }: { id: string; owner: { id: string; name: string } | null }) {
  const name = owner?.name ?? t('accounts.nobody');
  if (!useCan('write')) return name;
  return (
    <Menu>
      <Menu.Target>
        <UnstyledButton className={classes.target} aria-label={t('accounts.ownerOf', { name })}>
          {name} <Icon name="down" size={12} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <OwnerItems accounts={[{ id, owner_id: owner?.id ?? null }]} />
      </Menu.Dropdown>
    </Menu>
  );
}
