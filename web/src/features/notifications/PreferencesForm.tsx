// How the caller is told: ways, from which severity, quiet hours, the digest.
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { NotificationPreferences, NotificationPreferencesView } from '@/api/types';
import { QueryFailure, useSession } from '@/features/session';
import { t } from '@/lib/i18n';
import { say } from '@/ui/say';
import classes from './NotificationsPage.module.css';
import { useSavePreferences } from './queries';

const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
const NIGHT = { quiet_from: '20:00', quiet_until: '07:00' };
const MORNING = '08:00';

interface CheckProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
}

function Check({ checked, onChange, children }: CheckProps) {
  return (
    <label className={classes.check}>
      <input type="checkbox" checked={checked} onChange={event => onChange(event.currentTarget.checked)} />
      {children}
    </label>
  );
}

interface TimeProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

function Time({ label, value, onChange }: TimeProps) {
  return (
    <TextInput
      type="time"
      label={label}
      value={value}
      required
      withAsterisk={false}
      onChange={event => onChange(event.currentTarget.value)}
    />
  );
}

interface PartProps {
  draft: NotificationPreferences;
  change: (changed: Partial<NotificationPreferences>) => void;
}

function Ways({ draft, change, given }: PartProps & { given: NotificationPreferencesView }) {
  const { user } = useSession();
  return (
    <fieldset className={classes.part}>
      <legend>{t('notifications.how.ways')}</legend>
      <Check checked={draft.in_app} onChange={in_app => change({ in_app })}>
        {t('notifications.how.in_app')}
      </Check>
      <Check checked={draft.email} onChange={email => change({ email })}>
        {t('notifications.how.email', { address: user.email })}
      </Check>
      {draft.email && !given.mail_is_set && <p className="dim">{t('notifications.how.mailUnset')}</p>}
      <Check checked={draft.slack} onChange={slack => change({ slack })}>
        {t('notifications.how.slack')}
      </Check>
      {draft.slack && !given.slack_is_set && <p className="dim">{t('notifications.how.slackUnset')}</p>}
      {draft.slack && (
        <TextInput
          label={t('notifications.how.slack_user_id')}
          description={t('notifications.how.slackHelp')}
          value={draft.slack_user_id}
          required
          withAsterisk={false}
          onChange={event => change({ slack_user_id: event.currentTarget.value.trim() })}
        />
      )}
      <NativeSelect
        label={t('notifications.how.min_severity')}
        description={t('notifications.how.minHelp')}
        value={draft.min_severity}
        onChange={event => {
          const chosen = SEVERITIES.find(one => one === event.currentTarget.value);
          if (chosen) change({ min_severity: chosen });
        }}
        data={SEVERITIES.map(value => ({ value, label: t(`signals.severity.${value}`) }))}
      />
    </fieldset>
  );
}

function Hours({ draft, change }: PartProps) {
  const { workspace } = useSession();
  const quiet = draft.quiet_from !== null;
  return (
    <fieldset className={classes.part}>
      <legend>{t('notifications.how.quiet')}</legend>
      <Check checked={quiet} onChange={on => change(on ? NIGHT : { quiet_from: null, quiet_until: null })}>
        {t('notifications.how.quietHelp')}
      </Check>
      {quiet && (
        <>
          <div className={classes.times}>
            <Time
              label={t('notifications.how.quiet_from')}
              value={draft.quiet_from ?? ''}
              onChange={quiet_from => change({ quiet_from })}
            />
            <Time
              label={t('notifications.how.quiet_until')}
              value={draft.quiet_until ?? ''}
              onChange={quiet_until => change({ quiet_until })}
            />
          </div>
          <Check checked={draft.critical_passes} onChange={critical_passes => change({ critical_passes })}>
            {t('notifications.how.critical_passes')}
          </Check>
        </>
      )}
      <Check checked={draft.digest_at !== null} onChange={on => change({ digest_at: on ? MORNING : null })}>
        {t('notifications.how.digest')}
      </Check>
      {draft.digest_at !== null && (
        <Time
          label={t('notifications.how.digest_at')}
          value={draft.digest_at}
          onChange={digest_at => change({ digest_at })}
        />
      )}
      <TextInput
        label={t('notifications.how.time_zone')}
        description={t('notifications.how.zoneHelp', { zone: workspace.time_zone })}
        value={draft.time_zone}
        onChange={event => change({ time_zone: event.currentTarget.value.trim() })}
      />
    </fieldset>
  );
}

export function PreferencesForm({ given }: { given: NotificationPreferencesView }) {
  const { mail_is_set: _mail, slack_is_set: _slack, ...said } = given;
  const [draft, setDraft] = useState<NotificationPreferences>(said);
  const save = useSavePreferences();
  const change = (changed: Partial<NotificationPreferences>) => setDraft({ ...draft, ...changed });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(draft, { onSuccess: () => say(t('notifications.how.saved')) });
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <Ways draft={draft} change={change} given={given} />
      <Hours draft={draft} change={change} />
      <div className={classes.save}>
        {save.error && <QueryFailure error={save.error} />}
        <Button type="submit" loading={save.isPending}>
          {t('notifications.how.save')}
        </Button>
      </div>
    </form>
  );
}
