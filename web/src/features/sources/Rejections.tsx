// Events of a source that were not taken, newest first, each with its reason.
import type { Source } from '@/api/types';
import { QueryFailure, When } from '@/features/session';
import { t } from '@/lib/i18n';
import page from '@/ui/page.module.css';
import { Empty, LoadingLines } from '@/ui/states';
import { useRejected } from './queries';
import classes from './SourcesPage.module.css';

/** The list is written a moment after the count: an empty list beside a count is not "none". */
function NoneListed({ count }: { count: number }) {
  if (count > 0) return <Empty title={t('sources.rejectedNotYet')}>{t('sources.rejectedNotYetHelp')}</Empty>;
  return <Empty title={t('sources.noRejected')}>{t('sources.noRejectedHelp')}</Empty>;
}

export function Rejections({ source }: { source: Source }) {
  const rejected = useRejected(source.id, source.rejected_total);
  return (
    <section className={page.panel} aria-labelledby="rejected-title">
      <h2 id="rejected-title">{t('sources.rejectedOf', { name: source.name })}</h2>
      {rejected.isPending && <LoadingLines lines={3} />}
      {rejected.error && !rejected.data && (
        <QueryFailure error={rejected.error} onRetry={() => void rejected.refetch()} />
      )}
      {rejected.data?.length === 0 && <NoneListed count={source.rejected_total} />}
      <ul className={classes.rejected}>
        {rejected.data?.map((one, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two rejections may be equal in every field
          <li key={i}>
            <div className={classes.reason}>
              <span>{one.reason}</span>
              <span className="dim">
                <When at={one.at} />
              </span>
            </div>
            {one.pointer && (
              <div className="dim">
                {t('sources.pointer')} <code className="mono">{one.pointer}</code>
              </div>
            )}
            <code className={`mono ${classes.excerpt}`}>{one.excerpt}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}
