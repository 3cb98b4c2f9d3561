// What to paste into a program so that its events arrive here.
import { Tabs } from '@mantine/core';
import type { Source } from '@/api/types';
import { t } from '@/lib/i18n';
import { CopyBlock } from '@/ui/CopyText';
import page from '@/ui/page.module.css';
import classes from './SourcesPage.module.css';
import { snippet } from './snippets';

const KINDS = ['curl', 'node', 'browser'] as const;

export function Snippets({ source, writeKey }: { source: Source; writeKey: string | null }) {
  return (
    <section className={page.panel} aria-labelledby="snippet-title">
      <h2 id="snippet-title">{t('sources.snippet', { name: source.name })}</h2>
      <p className={classes.help}>{writeKey ? t('sources.snippetKey') : t('sources.snippetNoKey')}</p>
      <Tabs defaultValue="curl" keepMounted={false}>
        <Tabs.List>
          {KINDS.map(kind => (
            <Tabs.Tab key={kind} value={kind}>
              {t(`sources.kind.${kind}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {KINDS.map(kind => (
          <Tabs.Panel key={kind} value={kind} pt={12}>
            <CopyBlock
              text={snippet(kind, writeKey ?? 'YOUR_WRITE_KEY', location.origin)}
              label={t(`sources.kind.${kind}`)}
            />
          </Tabs.Panel>
        ))}
      </Tabs>
    </section>
  );
}
