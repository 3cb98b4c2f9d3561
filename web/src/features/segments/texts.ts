// The texts of these pages are loaded with them.
import { addTexts } from '@/lib/i18n';
import { segments } from '@/lib/i18n/segments';

addTexts({ segments });
