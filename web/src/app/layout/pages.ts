// The pages of the navigation; "key" follows g on the keyboard.
import { t } from '@/lib/i18n';
import type { IconName } from '@/ui/Icon';

interface Page {
  to: '/accounts' | '/sources';
  key: string;
  label: string;
  icon: IconName;
}

export const PAGES: readonly Page[] = [
  { to: '/accounts', key: 'a', label: t('accounts.title'), icon: 'accounts' },
  { to: '/sources', key: 's', label: t('sources.title'), icon: 'sources' },
];
