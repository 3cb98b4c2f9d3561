// Ctrl-K: pages and accounts by name.
import { Modal } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, lazy, Suspense, useEffect, useState } from 'react';
import { useFound } from '@/features/accounts';
import { t } from '@/lib/i18n';
import { part } from '@/lib/part';
import { Icon } from '@/ui/Icon';
import classes from './Palette.module.css';
import { usePages } from './pages';

// The frame does without it until somebody looks for an account.
const HealthMark = lazy(
  part(async () => ({ default: (await import('@/features/health/HealthMark')).HealthMark })),
);

// As soon as it is there: the dialog's own focus comes a moment later, and the keys before it would be lost.
const focus = (input: HTMLInputElement | null) => input?.focus();

interface Props {
  opened: boolean;
  onOpen: () => void;
  onClose: () => void;
}

function useEntries(text: string, opened: boolean) {
  const [q] = useDebouncedValue(text.trim(), 60);
  const found = useFound(q, opened);
  const navigate = useNavigate();
  const pages = usePages().filter(page => page.label.toLowerCase().includes(text.trim().toLowerCase()));
  return [
    ...pages.map(page => ({
      id: page.to,
      label: page.label,
      icon: page.icon,
      score: undefined,
      go: () => void navigate({ to: page.to }),
    })),
    ...(found.data ?? []).map(account => ({
      id: account.id,
      label: account.name,
      icon: 'chevron' as const,
      score: account.score,
      go: () => void navigate({ to: '/accounts/$accountId', params: { accountId: account.id } }),
    })),
  ];
}

function PaletteBody({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const entries = useEntries(text, true);
  const chosen = Math.min(active, entries.length - 1);

  const press = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive((chosen + step + entries.length) % Math.max(entries.length, 1));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      onClose();
      entries[chosen]?.go();
    }
  };
  return (
    <>
      <div className={classes.input}>
        <Icon name="search" />
        <input
          ref={focus}
          role="combobox"
          aria-label={t('palette.open')}
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={entries[chosen] ? `palette-${chosen}` : undefined}
          aria-autocomplete="list"
          placeholder={t('palette.placeholder')}
          value={text}
          onChange={event => {
            setText(event.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={press}
          data-autofocus
        />
      </div>
      <div role="listbox" id="palette-list" aria-label={t('palette.results')} className={classes.list}>
        {entries.map((entry, i) => (
          <div
            key={entry.id}
            id={`palette-${i}`}
            role="option"
            aria-selected={i === chosen}
            className={classes.option}
            onMouseMove={() => setActive(i)}
            onClick={() => {
              onClose();
              entry.go();
            }}
          >
            <Icon name={entry.icon} />
            <span className={classes.label}>{entry.label}</span>
            {entry.score !== undefined && (
              <Suspense>
                <HealthMark score={entry.score} />
              </Suspense>
            )}
          </div>
        ))}
      </div>
      {entries.length === 0 && <p className={classes.none}>{t('palette.none')}</p>}
    </>
  );
}

export function Palette({ opened, onOpen, onClose }: Props) {
  useEffect(() => {
    const press = (event: globalThis.KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      onOpen();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [onOpen]);
  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      lockScroll={false}
      yOffset="12vh"
      size={560}
      transitionProps={{ duration: 0 }}
    >
      <Modal.Overlay />
      <Modal.Content aria-label={t('palette.open')} radius={8}>
        <Modal.Body p={0}>
          <PaletteBody onClose={onClose} />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
