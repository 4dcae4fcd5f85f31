import type { Template, TemplatePiece } from './webhook-table.ts';

/** What is wrong with a template. */
type TemplateProblem = { readonly message: string; readonly hint: string };

/**
 * Reads a text with `{{column}}` in it. Of a JSON text, a placeholder in quotes stands for what a
 * string has of the value, any other for the value itself: so whatever the values are, what comes
 * out is JSON.
 */
export function readTemplate(
  text: string,
  content: 'json' | 'text',
): { readonly template: Template } | { readonly problem: TemplateProblem } {
  if (text.trim() === '') return { problem: { message: 'The template is empty.', hint: example } };
  const rest = text.replaceAll(placeholder, '');
  if (rest.includes('{{')) {
    const message = 'The template has {{ without a column and }}.';
    return { problem: { message, hint: example } };
  }
  if (content === 'text') return { template: piecesOf(text, () => 'text') };
  const quotes = new Quotes();
  const template = piecesOf(text, (before) => (quotes.isOpenAfter(before) ? 'string' : 'json'));
  const reason = whyNoJson(template);
  if (reason === undefined) return { template };
  const hint = `${reason} Outside of quotes, a placeholder is a whole JSON value. ${example}`;
  return { problem: { message: 'The template is no JSON.', hint } };
}

const placeholder = /\{\{\s*([^{}]*[^{}\s])\s*\}\}/g;

const example = `For example: template = '{"text": "{{errors}} errors at {{window.start}}"}'.`;

function piecesOf(
  text: string,
  placeAfter: (textBefore: string) => 'json' | 'string' | 'text',
): Template {
  const pieces: TemplatePiece[] = [];
  let end = 0;
  for (const match of text.matchAll(placeholder)) {
    const before = text.slice(end, match.index);
    if (before !== '') pieces.push({ kind: 'text', text: before });
    pieces.push({ kind: 'value', path: match[1] ?? '', place: placeAfter(before) });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ kind: 'text', text: text.slice(end) });
  return pieces;
}

/** Follows the quotes of a JSON text. */
class Quotes {
  #isOpen = false;

  isOpenAfter(text: string): boolean {
    for (const [found] of text.matchAll(/\\.|"/gs)) if (found === '"') this.#isOpen = !this.#isOpen;
    return this.#isOpen;
  }
}

/** Undefined: with values in it, it is JSON. */
function whyNoJson(template: Template): string | undefined {
  const filled = template.map((piece) => {
    if (piece.kind === 'text') return piece.text;
    return piece.place === 'json' ? 'null' : '';
  });
  try {
    JSON.parse(filled.join(''));
    return undefined;
  } catch (thrown) {
    // Where it is, it says of the text without placeholders.
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return `${reason.replace(/ in JSON at position .*$/s, '')}.`;
  }
}
