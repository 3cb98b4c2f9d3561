// Asks for e-mail address and password.  Does not say which of the two was wrong: nor does the server.
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { ApiProblem } from '@/api/errors';
import { t } from '@/lib/i18n';
import { Failure } from '@/ui/states';
import { useSignIn } from './queries';
import classes from './SignInPage.module.css';

export function SignInPage({ onSignedIn }: { onSignedIn: () => void }) {
  const signIn = useSignIn();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');

  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate({ email, password }, { onSuccess: onSignedIn });
  };

  return (
    <main className={classes.page}>
      <form className={classes.card} onSubmit={submit} aria-labelledby="sign-in-title">
        <div className={classes.brand}>
          <img src="/favicon.svg" alt="" width={28} height={28} />
          <span>Cairn</span>
        </div>
        <h1 id="sign-in-title">{t('signIn.title')}</h1>
        <TextInput
          label={t('signIn.email')}
          type="email"
          autoComplete="username"
          required
          withAsterisk={false}
          value={email}
          onChange={event => setEmail(event.currentTarget.value)}
          data-autofocus
          autoFocus
        />
        <PasswordInput
          label={t('signIn.password')}
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={event => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': t('signIn.showPassword') }}
        />
        {signIn.error && (
          <Failure
            title={signIn.error instanceof ApiProblem ? signIn.error.message : t('state.unreachable')}
            detail={signIn.error instanceof ApiProblem ? undefined : t('state.unreachableDetail')}
          />
        )}
        <Button type="submit" loading={signIn.isPending} fullWidth>
          {t('signIn.submit')}
        </Button>
      </form>
    </main>
  );
}
