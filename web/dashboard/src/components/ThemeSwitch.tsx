// Light, dark, or the system's theme.

import { useState } from 'react';
import { t } from '../language';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const STORED = 'clio-theme';

function storedTheme(): Theme {
  try {
    const text = localStorage.getItem(STORED);
    return THEMES.find((theme) => theme === text) ?? 'system';
  } catch {
    // A browser that forbids storage gets the system's theme.
    return 'system';
  }
}

export function applyTheme(theme: Theme = storedTheme()): void {
  document.documentElement.dataset['theme'] = theme;
  document.dispatchEvent(new Event('clio-theme'));
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState(storedTheme);
  return (
    <label>
      <span className="visually-hidden">{t('theme.label')}</span>
      <select
        className="select"
        value={theme}
        onChange={(event) => {
          const chosen = THEMES.find((candidate) => candidate === event.target.value) ?? 'system';
          try {
            localStorage.setItem(STORED, chosen);
          } catch {
            // The choice then lasts as long as the page.
          }
          setTheme(chosen);
          applyTheme(chosen);
        }}
      >
        <option value="system">{t('theme.system')}</option>
        <option value="light">{t('theme.light')}</option>
        <option value="dark">{t('theme.dark')}</option>
      </select>
    </label>
  );
}
