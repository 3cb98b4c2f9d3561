// The pages of the navigation; "key" follows g on the keyboard.
import { useCan } from '@/features/session';
import { t } from '@/lib/i18n';
import type { IconName } from '@/ui/Icon';

interface Page {
  to: '/portfolio' | '/signals' | '/accounts' | '/segments' | '/coverage' | '/program' | '/sources';
  key: string;
  label: string;
  icon: IconName;
}

const PAGES: readonly Page[] = [
  { to: '/portfolio', key: 'p', label: t('portfolio.title'), icon: 'portfolio' },
  { to: '/signals', key: 'i', label: t('signals.title'), icon: 'signals' },
  { to: '/accounts', key: 'a', label: t('accounts.title'), icon: 'accounts' },
  { to: '/segments', key: 'e', label: t('pages.segments'), icon: 'segments' },
  { to: '/coverage', key: 'c', label: t('pages.coverage'), icon: 'coverage' },
  { to: '/program', key: 'r', label: t('pages.program'), icon: 'program' },
  { to: '/sources', key: 's', label: t('sources.title'), icon: 'sources' },
];

/** The pages that the user's role may see. */
export function usePages(): readonly Page[] {
  const operates = useCan('operate');
  return PAGES.filter(page => operates || page.to !== '/sources');
}
