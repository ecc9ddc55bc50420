// The language of the page. The page is drawn anew in it, at the same address and snapshot.

import { useEffect, useRef } from 'react';
import { LANGUAGES, showLanguage, storeLanguage, t, useLanguage } from '../language';

/** Whether the page has just been drawn anew by a choice here, so that the focus returns to it. */
let isChosen = false;

export function LanguageSwitch() {
  const language = useLanguage();
  const select = useRef<HTMLSelectElement>(null);
  useEffect(() => {
    if (isChosen) select.current?.focus();
    isChosen = false;
  }, []);
  return (
    <label>
      <span className="visually-hidden">{t('language.label')}</span>
      <select
        ref={select}
        className="select"
        value={language}
        onChange={({ target }) => {
          const chosen = LANGUAGES.find(({ id }) => id === target.value)?.id ?? language;
          isChosen = true;
          showLanguage(chosen).then(
            () => storeLanguage(chosen),
            () => {
              // Its texts could not be loaded: the page stays as it is, and so does what is chosen here.
              isChosen = false;
            },
          );
        }}
      >
        {LANGUAGES.map(({ id, name }) => (
          <option key={id} value={id} lang={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
