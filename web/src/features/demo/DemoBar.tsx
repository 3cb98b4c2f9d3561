// The strip of a demo workspace: buttons that send real API calls, what was sent, and the import.
import { Button, Menu, Popover, Progress as ProgressBar } from '@mantine/core';
import { useState } from 'react';
import type { Demo, DemoButton, Progress } from '@/api/types';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { CopyBlock } from '@/ui/CopyText';
import { Icon } from '@/ui/Icon';
import { sayFailure } from '@/ui/say';
import { curlOf, ownAccountCurl } from './curl';
import classes from './DemoBar.module.css';
import { useDemo, usePress } from './queries';

function ImportProgress({ progress }: { progress: Progress }) {
  const format = useFormat();
  const percent = progress.total > 0 ? (100 * progress.done) / progress.total : 100;
  if (progress.done >= progress.total) return null;
  return (
    <div className={classes.progress}>
      <ProgressBar.Root size={6} w={96} transitionDuration={0}>
        <ProgressBar.Section value={percent} color="var(--accent-fill)" aria-label={progress.label} />
      </ProgressBar.Root>
      <span className="num dim">
        {t('demo.progress', {
          label: progress.label,
          done: format.number(progress.done),
          total: format.number(progress.total),
        })}
      </span>
    </div>
  );
}

interface Sent {
  button: DemoButton;
  statuses: number[];
}

function SentCalls({ sent, demo, onClose }: { sent: Sent; demo: Demo; onClose: () => void }) {
  return (
    <section className={classes.sent} aria-label={t('demo.sent', { label: sent.button.label })}>
      <div className={classes.sentHead}>
        <Icon name="check" />
        <strong>{t('demo.sent', { label: sent.button.label })}</strong>
        <span className="dim">{sent.button.doc}</span>
        <Button size="compact-xs" variant="subtle" onClick={onClose} className={classes.close}>
          {t('state.close')}
        </Button>
      </div>
      {sent.button.calls.map((call, i) => {
        const curl = curlOf(call, demo.write_key, location.origin);
        return (
          <div key={curl}>
            <p className={classes.status}>{t('demo.answered', { status: sent.statuses[i] ?? '' })}</p>
            <CopyBlock text={curl} label={t('demo.callNumber', { number: i + 1 })} />
          </div>
        );
      })}
    </section>
  );
}

function OwnAccount({ demo }: { demo: Demo }) {
  return (
    <Popover width={460} position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <Button size="compact-sm" variant="subtle" leftSection={<Icon name="terminal" size={14} />}>
          <span className={classes.ownLabel}>{t('demo.own')}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.own} aria-label={t('demo.own')}>
        <p className={classes.help}>{t('demo.ownHelp')}</p>
        <CopyBlock text={ownAccountCurl(demo.write_key, location.origin)} label={t('demo.call')} />
        <p className={classes.help}>
          {t('demo.writeKey')} <code className="mono">{demo.write_key}</code>
        </p>
      </Popover.Dropdown>
    </Popover>
  );
}

function Buttons({ demo, onSent }: { demo: Demo; onSent: (sent: Sent) => void }) {
  const press = usePress();
  const run = (button: DemoButton) => press.mutate(button.name, { onSuccess: onSent, onError: sayFailure });
  return (
    <>
      <div className={classes.wide}>
        {demo.buttons.map(button => (
          <Button
            key={button.name}
            size="compact-sm"
            variant="default"
            title={button.doc}
            loading={press.isPending && press.variables === button.name}
            onClick={() => run(button)}
          >
            {button.label}
          </Button>
        ))}
      </div>
      <div className={classes.narrow}>
        <Menu>
          <Menu.Target>
            <Button size="compact-sm" variant="default" rightSection={<Icon name="down" size={12} />}>
              {t('demo.try')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {demo.buttons.map(button => (
              <Menu.Item key={button.name} onClick={() => run(button)}>
                {button.label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </div>
    </>
  );
}

export function DemoBar() {
  const { data: demo } = useDemo();
  const [sent, setSent] = useState<Sent | null>(null);
  if (!demo) return null;
  return (
    <aside className={classes.bar} aria-label={t('demo.title')}>
      <div className={classes.row}>
        <span className={classes.title}>{t('demo.title')}</span>
        <Buttons demo={demo} onSent={setSent} />
        <span className={classes.gap} />
        {demo.progress && <ImportProgress progress={demo.progress} />}
        <OwnAccount demo={demo} />
      </div>
      {sent && <SentCalls sent={sent} demo={demo} onClose={() => setSent(null)} />}
    </aside>
  );
}
