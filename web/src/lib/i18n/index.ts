// Every text a person reads comes from here.  A text that is missing is a compile error.
import i18next from 'i18next';
import type { backtest } from './backtest';
import type { comparison } from './comparison';
import { en } from './en';
import type { program } from './program';
import type { scorecards } from './scorecards';
import type { segments } from './segments';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    // Some pages bring their texts along (features/program/texts.ts and others).
    resources: {
      translation: typeof en & {
        backtest: typeof backtest;
        comparison: typeof comparison;
        program: typeof program;
        scorecards: typeof scorecards;
        segments: typeof segments;
      };
    };
  }
}

i18next.init({
  lng: 'en',
  resources: { en: { translation: en } },
  interpolation: { escapeValue: false }, // React escapes
  initAsync: false,
});

/** Adds texts that a page brings along. */
export function addTexts(texts: object): void {
  i18next.addResourceBundle('en', 'translation', texts, true);
}

export const t = i18next.t;
export const locale = 'en-US';
