// The texts of this page are loaded with it.
import { addTexts } from '@/lib/i18n';
import { backtest } from '@/lib/i18n/backtest';

addTexts({ backtest });
