import { sharedTexts } from '../kept-texts.ts';

export type Theme = 'system' | 'light' | 'dark';

const key = 'helios.theme';

/** The theme that the person chose in this browser. */
export function chosenTheme(): Theme {
  const kept = sharedTexts.getItem(key);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

/** Shows the page in a theme, and keeps that for the next time. */
export function chooseTheme(theme: Theme): void {
  showTheme(theme);
  if (theme === 'system') {
    sharedTexts.removeItem(key);
    return;
  }
  try {
    sharedTexts.setItem(key, theme);
  } catch {
    // It is kept as long as this window: where more would be lost, the page says so.
  }
}

export function showTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}
