// The people of an account, and what each is to us.  Roles are changed in place.
import { Menu, UnstyledButton } from '@mantine/core';
import type { Person } from '@/api/types';
import { QueryFailure, useCan, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Icon } from '@/ui/Icon';
import { say, sayFailure } from '@/ui/say';
import { Empty, LoadingLines } from '@/ui/states';
import { Capped } from './Capped';
import { ROWS_MAX, usePeople, useSetRoles } from './queries';
import classes from './Records.module.css';
import { byStanding, currentRoles, ROLES, type Role, toggleRole } from './roles';

function RolesMenu({ accountId, person }: { accountId: string; person: Person }) {
  const setRoles = useSetRoles(accountId);
  const roles = currentRoles(person.roles);
  const words = roles.map(role => t(`people.role.${role}`)).join(', ') || t('people.noRole');
  const mayWrite = useCan('write');
  const toggle = (role: Role) => {
    const now = new Date().toISOString();
    const before = person.roles;
    setRoles.mutate(
      { person_id: person.id, roles: toggleRole(before, role, now) },
      {
        onSuccess: () =>
          say(t('people.saved', { name: person.name }), () =>
            setRoles.mutate({ person_id: person.id, roles: before }, { onError: sayFailure }),
          ),
        onError: sayFailure,
      },
    );
  };
  if (!mayWrite) return words;
  return (
    <Menu>
      <Menu.Target>
        <UnstyledButton
          className={classes.edit}
          aria-label={t('people.rolesOf', { name: person.name, roles: words })}
        >
          {words} <Icon name="down" size={12} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {ROLES.map(role => (
          <Menu.CheckboxItem key={role} checked={roles.includes(role)} onChange={() => toggle(role)}>
            {t(`people.role.${role}`)}
          </Menu.CheckboxItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export function People({ accountId }: { accountId: string }) {
  const people = usePeople(accountId);
  if (people.isPending) return <LoadingLines lines={4} />;
  if (people.error) return <QueryFailure error={people.error} onRetry={() => void people.refetch()} />;
  if (people.data.length === 0) return <Empty title={t('people.none')}>{t('people.noneHelp')}</Empty>;
  return (
    <>
      <DataTable
        boxed
        className={classes.table}
        label={t('people.title')}
        columns={[t('people.name'), t('people.roles'), t('people.job'), t('people.email'), t('people.left')]}
      >
        <tbody>
          {byStanding(people.data).map(person => (
            <tr key={person.id} data-left={person.left_at !== null}>
              <th scope="row">{person.name}</th>
              <td>
                <RolesMenu accountId={accountId} person={person} />
              </td>
              <td>{person.title ?? '–'}</td>
              <td className="dim">{person.email ?? '–'}</td>
              <td>{person.left_at ? <When at={person.left_at} /> : '–'}</td>
            </tr>
          ))}
        </tbody>
      </DataTable>
      <Capped shown={people.data.length} limit={ROWS_MAX} />
    </>
  );
}
