// The page's texts, so that the first page need not load them.  Imported before any of them is asked for.
import { addTexts } from '@/lib/i18n';
import { program } from '@/lib/i18n/program';

addTexts({ program });
