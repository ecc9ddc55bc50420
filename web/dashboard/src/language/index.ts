// What the page says, and in which language.

export type { BareKey, PlainKey, TextKey } from './keys';
export { type Language, LANGUAGES, preferredLanguage, storeLanguage } from './languages';
export { locale, rich, showLanguage, t, useLanguage, setTexts } from './texts';
