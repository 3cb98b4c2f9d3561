// What changed in the text, file by file, as lines that went and lines that came.
import { Fragment, useMemo } from 'react';
import type { ProgramFile } from '@/api/types';
import { t } from '@/lib/i18n';
import { diffLines, hunksOf } from '@/lib/lines';
import { ScrollRegion } from '@/ui/ScrollRegion';
import { changesOf, textOf } from './draft';
import classes from './LineDiff.module.css';

const SIGNS = { same: '', added: '+', removed: '\u2212' } as const;

function FileDiff({ name, before, after }: { name: string; before: string; after: string }) {
  const hunks = useMemo(() => hunksOf(diffLines(before, after)), [before, after]);
  return (
    <ScrollRegion className={classes.scroll} label={t('program.lines.table', { name })}>
      <table className={classes.lines}>
        <tbody>
          {hunks.map((hunk, i) => (
            <Fragment key={hunk[0]?.after ?? `-${hunk[0]?.before}`}>
              {i > 0 && (
                <tr className={classes.gap}>
                  <td colSpan={3}>
                    <span className="sr-only">{t('program.lines.gap')}</span>⋯
                  </td>
                </tr>
              )}
              {hunk.map(line => (
                <tr key={`${line.before}/${line.after}`} data-kind={line.kind}>
                  <td className={classes.number}>{line.after ?? line.before}</td>
                  <td className={classes.sign}>
                    <span aria-hidden="true">{SIGNS[line.kind]}</span>
                    {line.kind !== 'same' && (
                      <span className="sr-only">{t(`program.lines.${line.kind}`)}</span>
                    )}
                  </td>
                  <td className={classes.text}>{line.text}</td>
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

interface Props {
  before: readonly ProgramFile[];
  after: readonly ProgramFile[];
}

export function LineDiff({ before, after }: Props) {
  const changes = useMemo(() => changesOf(before, after), [before, after]);
  return (
    <div className={classes.files}>
      {changes.map(({ name, change }) => (
        <section key={name} aria-label={name}>
          <h3 className={classes.file}>
            <span className="mono">{name}</span> <span className="dim">{t(`program.change.${change}`)}</span>
          </h3>
          <FileDiff name={name} before={textOf(before, name) ?? ''} after={textOf(after, name) ?? ''} />
        </section>
      ))}
    </div>
  );
}
