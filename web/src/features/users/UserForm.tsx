// Somebody who works with Cairn, to be added or changed.
import { Button, Checkbox, Modal, NativeSelect, PasswordInput, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { hasStatus } from '@/api/errors';
import type { UserRow } from '@/api/types';
import { SessionTable } from '@/features/access';
import { QueryFailure } from '@/features/session';
import { t } from '@/lib/i18n';
import { Failure } from '@/ui/states';
import { useAddUser, useChangeUser } from './queries';
import classes from './UsersPage.module.css';

const ROLES = ['viewer', 'csm', 'leader', 'ops', 'admin'] as const;
const SCOPES = ['own', 'team', 'all'] as const;
const NAME_MAX = 200;
const PASSWORD_MIN = 8;

interface Values {
  name: string;
  email: string;
  role: UserRow['role'];
  scope: UserRow['scope'];
  team: string;
  password: string;
  disabled: boolean;
}

function valuesOf(user: UserRow | undefined): Values {
  return {
    name: user?.name ?? '',
    email: user?.email ?? '',
    role: user?.role ?? 'csm',
    scope: user?.scope ?? 'all',
    team: user?.team ?? '',
    password: '',
    disabled: user?.is_disabled ?? false,
  };
}

function Refused({ error }: { error: unknown }) {
  if (hasStatus(error, 412)) return <Failure title={t('users.stale')} detail={t('users.staleDetail')} />;
  return <QueryFailure error={error} />;
}

interface FormProps {
  user?: UserRow;
  isPending: boolean;
  error: unknown;
  onClose: () => void;
  onSave: (values: Values) => void;
}

function Form({ user, isPending, error, onClose, onSave }: FormProps) {
  const [values, setValues] = useState(() => valuesOf(user));
  const set = (changed: Partial<Values>) => setValues({ ...values, ...changed });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSave({ ...values, name: values.name.trim(), email: values.email.trim(), team: values.team.trim() });
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={user ? t('users.changeTitle', { name: user.name }) : t('users.add')}
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          label={t('users.column.name')}
          required
          withAsterisk={false}
          maxLength={NAME_MAX}
          value={values.name}
          onChange={event => set({ name: event.currentTarget.value })}
          data-autofocus
        />
        <TextInput
          label={t('users.column.email')}
          description={t('users.emailHelp')}
          type="email"
          autoComplete="off"
          required
          withAsterisk={false}
          value={values.email}
          onChange={event => set({ email: event.currentTarget.value })}
        />
        <NativeSelect
          label={t('users.column.role')}
          description={t(`users.roleHelp.${values.role}`)}
          value={values.role}
          onChange={event => set({ role: ROLES.find(role => role === event.currentTarget.value) ?? 'csm' })}
          data={ROLES.map(value => ({ value, label: t(`users.role.${value}`) }))}
        />
        <NativeSelect
          label={t('users.column.scope')}
          description={t('users.scopeHelp')}
          value={values.scope}
          onChange={event => set({ scope: SCOPES.find(one => one === event.currentTarget.value) ?? 'all' })}
          data={SCOPES.map(value => ({ value, label: t(`users.scope.${value}`) }))}
        />
        <TextInput
          label={t('users.column.team')}
          description={t('users.teamHelp')}
          maxLength={NAME_MAX}
          value={values.team}
          onChange={event => set({ team: event.currentTarget.value })}
        />
        <PasswordInput
          label={user ? t('users.newPassword') : t('users.firstPassword')}
          description={user ? t('users.newPasswordHelp') : t('users.firstPasswordHelp')}
          autoComplete="new-password"
          required={!user}
          withAsterisk={false}
          minLength={PASSWORD_MIN}
          value={values.password}
          onChange={event => set({ password: event.currentTarget.value })}
          visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
        />
        {user && (
          <Checkbox
            label={t('users.disabledLabel')}
            description={t('users.disabledHelp')}
            checked={values.disabled}
            onChange={event => set({ disabled: event.currentTarget.checked })}
          />
        )}
        {error !== null && <Refused error={error} />}
        <Button type="submit" loading={isPending}>
          {user ? t('users.save') : t('users.addDo')}
        </Button>
      </form>
      {user && !user.is_disabled && (
        <section className={classes.signedIn} aria-label={t('access.sessions.heading')}>
          <h2>{t('access.sessions.heading')}</h2>
          <SessionTable user={user.id} label={t('access.sessions.tableOf', { name: user.name })} />
        </section>
      )}
    </Modal>
  );
}

export function AddUser({ onClose }: { onClose: () => void }) {
  const add = useAddUser();
  const save = ({ team, disabled: _, ...values }: Values) =>
    add.mutate({ ...values, ...(team === '' ? {} : { team }) }, { onSuccess: onClose });
  return <Form isPending={add.isPending} error={add.error} onClose={onClose} onSave={save} />;
}

/** What differs from the user alone, so that a change of the name ends nobody's session. */
export function changesOf(user: UserRow, values: Values) {
  return {
    ...(values.name === user.name ? {} : { name: values.name }),
    ...(values.email === user.email ? {} : { email: values.email }),
    ...(values.role === user.role ? {} : { role: values.role }),
    ...(values.scope === user.scope ? {} : { scope: values.scope }),
    ...(values.team === (user.team ?? '') ? {} : { team: values.team === '' ? null : values.team }),
    ...(values.disabled === user.is_disabled ? {} : { is_disabled: values.disabled }),
    ...(values.password === '' ? {} : { password: values.password }),
  };
}

export function ChangeUser({ user, onClose }: { user: UserRow; onClose: () => void }) {
  const change = useChangeUser(user);
  const save = (values: Values) => change.mutate(changesOf(user, values), { onSuccess: onClose });
  return (
    <Form user={user} isPending={change.isPending} error={change.error} onClose={onClose} onSave={save} />
  );
}
