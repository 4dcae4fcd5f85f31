/** Columns that a terminal gives to `text`, which holds no control characters. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemesOf(text)) width += isWide(segment) ? 2 : 1;
  return width;
}

/**
 * The beginning of `text`, at most `widthMax` columns of it; what is cut off leaves an ellipsis.
 */
export function cutToWidth(text: string, widthMax: number): string {
  if (displayWidth(text) <= widthMax) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of graphemesOf(text)) {
    width += isWide(segment) ? 2 : 1;
    if (width > widthMax - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

export function padToWidth(text: string, width: number, side: 'left' | 'right'): string {
  const padding = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return side === 'left' ? padding + text : text + padding;
}

/**
 * Text without anything that moves a cursor or changes a terminal: data must not reach its
 * controls.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, escapeOf);
}

/** Made when it is needed: Unicode's tables take longer to load than most commands. */
let segmenter: Intl.Segmenter | undefined;

function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeOf(character: string): string {
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** East Asian wide characters and emoji; near enough to Unicode's UAX #11 for tables. */
function isWide(grapheme: string): boolean {
  return wideScripts.test(grapheme) || wideForms.test(grapheme);
}

const wideScripts =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}]/u;
const wideForms = /[\ufe0f\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
