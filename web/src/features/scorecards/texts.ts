// The texts of this page are loaded with it.
import { addTexts } from '@/lib/i18n';
import { scorecards } from '@/lib/i18n/scorecards';

addTexts({ scorecards });
