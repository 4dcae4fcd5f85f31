import type { KnownFunction } from './known-functions.ts';

/** What is known of a function: how it is called, what it does, an example. */
export function functionPanel({ signatures, description, example }: KnownFunction): HTMLElement {
  const panel = element('div', 'cm-docs');
  for (const signature of signatures) panel.append(element('code', 'signature', signature));
  if (description !== undefined) panel.append(element('p', 'description', description));
  if (example !== undefined) panel.append(element('code', 'example', example));
  return panel;
}

/** What is known of a column, or of what is in one. */
export function columnPanel(name: string, type: string, where: string): HTMLElement {
  const panel = element('div', 'cm-docs');
  panel.append(element('code', 'signature', `${name} ${type}`), element('p', 'description', where));
  return panel;
}

function element(tag: 'div' | 'p' | 'code', className: string, text = ''): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
