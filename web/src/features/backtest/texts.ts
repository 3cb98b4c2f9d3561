// The texts of these pages are loaded with them.
import { addTexts } from '@/lib/i18n';
import { backtest } from '@/lib/i18n/backtest';
import { comparison } from '@/lib/i18n/comparison';

addTexts({ backtest, comparison });
