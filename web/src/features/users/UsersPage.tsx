// Who works with Cairn: what each may do and whose accounts they see; admins add and change them.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { UserRow } from '@/api/types';
import { QueryFailure, seenBy, useCan } from '@/features/session';
import { t } from '@/lib/i18n';
import { useTitle } from '@/lib/title';
import { DataTable } from '@/ui/DataTable';
import { Icon } from '@/ui/Icon';
import page from '@/ui/page.module.css';
import { LoadingLines } from '@/ui/states';
import { useEveryUser } from './queries';
import { AddUser, ChangeUser } from './UserForm';
import classes from './UsersPage.module.css';

function UserLine({ user, onChange }: { user: UserRow; onChange: (() => void) | undefined }) {
  return (
    <tr>
      <th scope="row">
        <span className={user.is_disabled ? 'dim' : undefined}>{user.name}</span>
        {user.is_disabled && <span className={classes.state}>{t('users.disabled')}</span>}
      </th>
      <td className={classes.roomy}>{user.email}</td>
      <td>{t(`users.role.${user.role}`)}</td>
      <td className={classes.roomy}>{t(`users.scope.${seenBy(user)}`)}</td>
      <td className={classes.roomy}>{user.team ?? <span className="dim">{t('users.noTeam')}</span>}</td>
      {onChange && (
        <td className={page.end}>
          <Button
            size="compact-xs"
            variant="default"
            onClick={onChange}
            aria-label={t('users.changeTitle', { name: user.name })}
          >
            {t('users.change')}
          </Button>
        </td>
      )}
    </tr>
  );
}

function UserTable({ users, onChange }: { users: UserRow[]; onChange: ((id: string) => void) | undefined }) {
  return (
    <DataTable boxed className={classes.table} label={t('users.table')}>
      <thead>
        <tr>
          {(['name', 'email', 'role', 'scope', 'team'] as const).map(head => (
            <th key={head} scope="col" className={head === 'name' || head === 'role' ? '' : classes.roomy}>
              {t(`users.column.${head}`)}
            </th>
          ))}
          {onChange && (
            <th scope="col" className={page.end}>
              <span className="sr-only">{t('users.change')}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {users.map(user => (
          <UserLine key={user.id} user={user} onChange={onChange && (() => onChange(user.id))} />
        ))}
      </tbody>
    </DataTable>
  );
}

export function UsersPage() {
  useTitle(t('users.title'));
  const administers = useCan('administer');
  const users = useEveryUser();
  const [open, setOpen] = useState<'new' | UserRow | null>(null);
  const close = () => setOpen(null);
  const change = (id: string) => setOpen(users.data?.find(user => user.id === id) ?? null);

  return (
    <section className={page.page} aria-label={t('users.title')}>
      <header className={classes.header}>
        <h1>{t('users.title')}</h1>
        {administers && (
          <Button size="xs" leftSection={<Icon name="plus" size={14} />} onClick={() => setOpen('new')}>
            {t('users.add')}
          </Button>
        )}
      </header>
      {users.isPending && <LoadingLines lines={4} />}
      {users.error && <QueryFailure error={users.error} onRetry={() => void users.refetch()} />}
      {users.data && <UserTable users={users.data} onChange={administers ? change : undefined} />}
      {users.data?.length === 1 && <p className="dim">{t('users.alone')}</p>}
      {open === 'new' && <AddUser onClose={close} />}
      {open !== null && open !== 'new' && <ChangeUser user={open} onClose={close} />}
    </section>
  );
}
