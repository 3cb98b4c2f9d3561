// A failed query in the words of the server's problem document, and a page that failed by itself.
import { ApiProblem, detailOf, Unreachable } from '@/api/errors';
import { t } from '@/lib/i18n';
import { PartMissing } from '@/lib/part';
import { Failure } from '@/ui/states';
import { PartFailure } from './PartFailure';

/** What another try would not change: wrong, not allowed, not there. */
const FINAL: ReadonlySet<number> = new Set([400, 403, 404]);

export function QueryFailure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (error instanceof ApiProblem && error.status === 401) {
    return <Failure title={t('state.ended')} detail={t('state.endedDetail')} />;
  }
  if (error instanceof ApiProblem) {
    const final = FINAL.has(error.status);
    // "Malformed" is a word for programs.
    const title = error.status === 400 ? t('state.malformed') : error.title;
    return <Failure title={title} detail={detailOf(error)} onRetry={final ? undefined : onRetry} />;
  }
  if (error instanceof PartMissing) return <PartFailure />;
  if (error instanceof Error && !(error instanceof Unreachable)) {
    const detail = t('state.brokenDetail', { message: error.message });
    return <Failure title={t('state.broken')} detail={detail} onRetry={onRetry} />;
  }
  return <Failure title={t('state.unreachable')} detail={t('state.unreachableDetail')} onRetry={onRetry} />;
}
