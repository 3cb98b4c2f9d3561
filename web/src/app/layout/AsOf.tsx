// The control that turns the whole app to a past day, the banner that says so, and what stands in place of
// a page that cannot go back.
import { Button, Modal, TextInput } from '@mantine/core';
import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useFormat } from '@/features/session';
import { dayBefore, dayOf, goesBack, useAsOf } from '@/lib/asOf';
import { isDay } from '@/lib/days';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import page from '@/ui/page.module.css';
import { Empty } from '@/ui/states';
import classes from './AsOf.module.css';

/** Turns the app to that day, on the page where one is; undefined: to now. */
function useTurn() {
  const navigate = useNavigate();
  return (asOf: string | undefined) =>
    void navigate({ to: '.', search: old => ({ ...old, as_of: asOf }), resetScroll: false });
}

/** The last day that is over, in the workspace's zone. */
function useLastDay(): string {
  const { day } = useFormat();
  return dayBefore(day(Date.now()));
}

interface DialogProps {
  opened: boolean;
  onClose: () => void;
}

export function AsOfDialog({ opened, onClose }: DialogProps) {
  const asOf = useAsOf();
  const { day } = useFormat();
  const last = useLastDay();
  const turn = useTurn();
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = chosen ?? (asOf ? dayOf(asOf, day) : dayBefore(last));
  const isFine = isDay(shown) && shown <= last;
  const close = () => {
    setChosen(null);
    onClose();
  };
  const go = () => {
    if (!isFine) return;
    turn(shown);
    close();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t('asOf.title')}
      size="sm"
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      <form
        className={classes.form}
        onSubmit={event => {
          event.preventDefault();
          go();
        }}
      >
        <TextInput
          type="date"
          label={t('asOf.day')}
          description={t('asOf.dayWhy')}
          max={last}
          value={shown}
          error={shown !== '' && !isFine ? t('asOf.notOver') : undefined}
          onChange={event => setChosen(event.currentTarget.value)}
          data-autofocus
        />
        <p className={classes.help}>{t('asOf.help')}</p>
        <div className={classes.actions}>
          {asOf && (
            <Button
              variant="default"
              onClick={() => {
                turn(undefined);
                close();
              }}
            >
              {t('asOf.back')}
            </Button>
          )}
          <Button type="submit" disabled={!isFine}>
            {t('asOf.show')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

/** What the app is turned to, in words: a day, or a moment with its time. */
function useWords(): (asOf: string) => string {
  const format = useFormat();
  return asOf => (isDay(asOf) ? format.date(asOf) : format.dateTime(asOf));
}

export function AsOfBanner({ onChange }: { onChange: () => void }) {
  const asOf = useAsOf();
  const words = useWords();
  const { day } = useFormat();
  const last = useLastDay();
  const turn = useTurn();
  if (!asOf) return null;
  const here = dayOf(asOf, day);
  const next = new Date(Date.parse(here) + 86_400_000).toISOString().slice(0, 10);
  return (
    <section className={classes.banner} aria-label={t('asOf.banner')}>
      <Icon name="past" size={16} />
      <p role="status">
        <strong>{t('asOf.here', { when: words(asOf) })}</strong> <span>{t('asOf.known')}</span>
      </p>
      <span className={classes.tools}>
        <Button size="compact-sm" variant="default" onClick={() => turn(dayBefore(here))}>
          {t('asOf.before')}
        </Button>
        <Button size="compact-sm" variant="default" disabled={next > last} onClick={() => turn(next)}>
          {t('asOf.after')}
        </Button>
        <Button size="compact-sm" variant="default" onClick={onChange}>
          {t('asOf.change')}
        </Button>
        <Button size="compact-sm" onClick={() => turn(undefined)}>
          {t('asOf.back')}
        </Button>
      </span>
    </section>
  );
}

/** Whether the page on screen cannot show the moment that the app is turned to. */
export function useIsNowOnly(): boolean {
  const { pathname } = useLocation();
  return useAsOf() !== undefined && !goesBack(pathname);
}

export function NowOnly({ page: name }: { page: string | undefined }) {
  const asOf = useAsOf();
  const words = useWords();
  const turn = useTurn();
  return (
    <section className={page.page}>
      <h1>{name ?? t('asOf.nowOnlyPage')}</h1>
      <Empty title={t('asOf.nowOnly')}>
        <p>{t('asOf.nowOnlyHelp')}</p>
        <span className={classes.choices}>
          <Button size="xs" onClick={() => turn(undefined)}>
            {t('asOf.seeNow')}
          </Button>
          <Link to="/accounts">{t('asOf.accountsThen', { when: asOf ? words(asOf) : '' })}</Link>
        </span>
      </Empty>
    </section>
  );
}
