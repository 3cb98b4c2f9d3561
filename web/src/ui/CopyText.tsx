// Text to paste elsewhere, with a button that copies it and says so.
import { ActionIcon, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { t } from '@/lib/i18n';
import classes from './CopyText.module.css';
import { Icon } from './Icon';
import { ScrollRegion } from './ScrollRegion';

export function CopyButton({ text, label }: { text: string; label: string }) {
  const clipboard = useClipboard({ timeout: 1600 });
  const said = clipboard.copied ? t('copy.done') : label;
  return (
    <Tooltip label={said} openDelay={300}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={label}
        onClick={() => clipboard.copy(text)}
      >
        <Icon name={clipboard.copied ? 'check' : 'copy'} size={14} />
        <span className="sr-only" role="status">
          {clipboard.copied ? t('copy.done') : ''}
        </span>
      </ActionIcon>
    </Tooltip>
  );
}

export function CopyBlock({ text, label }: { text: string; label: string }) {
  return (
    <div className={classes.block}>
      <ScrollRegion className={classes.code} label={label}>
        <pre>{text}</pre>
      </ScrollRegion>
      <span className={classes.button}>
        <CopyButton text={text} label={t('copy.what', { what: label })} />
      </span>
    </div>
  );
}
