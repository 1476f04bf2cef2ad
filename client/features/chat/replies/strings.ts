import { defineStrings } from '../../../i18n/index.ts';

export const t = defineStrings({
  en: { replies: 'Quick replies' },
  zh: { replies: '快捷回复' },
});
