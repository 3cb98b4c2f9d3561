// The keys of the app, shown by "?".
import { Kbd, Modal } from '@mantine/core';
import { t } from '@/lib/i18n';
import classes from './KeysHelp.module.css';
import { usePages } from './pages';

const KEYS = [
  ['Ctrl K', 'palette'],
  ['g p', 'portfolio'],
  ['g i', 'signals'],
  ['g a', 'accounts'],
  ['g e', 'segments'],
  ['g c', 'coverage'],
  ['g r', 'program'],
  ['g s', 'sources'],
  ['/', 'search'],
  ['j', 'next'],
  ['k', 'previous'],
  ['Enter', 'open'],
  ['x', 'select'],
  ['e', 'explain'],
  ['e', 'acknowledge'],
  ['z', 'snooze'],
  ['o', 'openAccount'],
  ['Esc', 'leave'],
  ['Ctrl S', 'apply'],
  ['?', 'help'],
] as const;

export function KeysHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const pages = usePages().map(page => `g ${page.key}`);
  const keys = KEYS.filter(([key]) => !key.startsWith('g ') || pages.includes(key));
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('keys.title')}
      size="sm"
      closeButtonProps={{ 'aria-label': t('state.close') }}
    >
      <dl className={classes.keys}>
        {keys.map(([key, what]) => (
          <div key={what}>
            <dt>
              {key.split(' ').map(part => (
                <Kbd key={part}>{part}</Kbd>
              ))}
            </dt>
            <dd>{t(`keys.${what}`)}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
