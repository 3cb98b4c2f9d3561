// The keys of the app, shown by "?".
import { Kbd, Modal } from '@mantine/core';
import { t } from '@/lib/i18n';
import classes from './KeysHelp.module.css';
import { usePages } from './pages';

const KEYS = [
  ['Ctrl K', 'palette'],
  ['d', 'asOf'],
  ['/', 'search'],
  ['j', 'next'],
  ['k', 'previous'],
  ['Enter', 'open'],
  ['x', 'select'],
  ['e', 'explain'],
  ['e', 'acknowledge'],
  ['z', 'snooze'],
  ['r', 'resolve'],
  ['u', 'undo'],
  ['o', 'openAccount'],
  ['Esc', 'leave'],
  ['Ctrl S', 'apply'],
  ['?', 'help'],
] as const;

export function KeysHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const pages = usePages().map(page => ({ key: `g ${page.key}`, what: t('keys.go', { page: page.label }) }));
  const others = KEYS.map(([key, what]) => ({ key, what: t(`keys.${what}`) }));
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('keys.title')}
      size="sm"
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      <dl className={classes.keys}>
        {[...pages, ...others].map(({ key, what }) => (
          <div key={what}>
            <dt>
              {key.split(' ').map(part => (
                <Kbd key={part}>{part}</Kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
