// A failed query in the words of the server's problem document, and a page that failed by itself.
import { ApiProblem, Unreachable } from '@/api/errors';
import { t } from '@/lib/i18n';
import { Failure } from '@/ui/states';

/** What another try would not change: wrong, not allowed, not there. */
const FINAL: ReadonlySet<number> = new Set([400, 403, 404]);

/** A part of the app that was to be loaded when it was first needed. */
const PART_MISSING = /imported module|module script failed/;

/** What was wrong and, if the server says so, where; the summary of many begins with the first of them. */
function detailOf({ status, detail, fields }: ApiProblem): string | null {
  const [first] = fields;
  const isSaid = status !== 422 && first && detail?.toLowerCase().endsWith(first.detail.toLowerCase());
  if (!first || isSaid) return detail;
  const each = fields.map(field =>
    [field.pointer.replace(/^\//, ''), field.detail].filter(Boolean).join(': '),
  );
  return [status === 422 ? null : detail, each.join('; ')].filter(Boolean).join(': ');
}

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
  if (error instanceof Error && !(error instanceof Unreachable) && !PART_MISSING.test(error.message)) {
    const detail = t('state.brokenDetail', { message: error.message });
    return <Failure title={t('state.broken')} detail={detail} onRetry={onRetry} />;
  }
  return <Failure title={t('state.unreachable')} detail={t('state.unreachableDetail')} onRetry={onRetry} />;
}
