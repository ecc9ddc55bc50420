// The languages of the page, and which one a reader gets.

export const LANGUAGES = [
  { id: 'en', name: 'English', locale: 'en-US' },
  { id: 'ko', name: '한국어', locale: 'ko-KR' },
] as const;

export type Language = (typeof LANGUAGES)[number]['id'];

const STORED = 'clio-language';

/** The language that was chosen in this browser; otherwise the first of the reader's own that the page has, or English. */
export function preferredLanguage(): Language {
  return storedLanguage() ?? navigator.languages.map(languageOf).find((language) => language !== null) ?? 'en';
}

export function storeLanguage(language: Language): void {
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // The choice then lasts as long as the page.
  }
}

function storedLanguage(): Language | null {
  try {
    return languageOf(localStorage.getItem(STORED) ?? '');
  } catch {
    // A browser that forbids storage gets the reader's own languages.
    return null;
  }
}

/** "ko-KR" is Korean; null for a language that the page does not have. */
function languageOf(tag: string): Language | null {
  const [language] = tag.toLowerCase().split('-');
  return LANGUAGES.find(({ id }) => id === language)?.id ?? null;
}
