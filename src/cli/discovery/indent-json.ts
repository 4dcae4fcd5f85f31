/**
 * JSON over several lines, with every number and text as it was written; undefined where it is no
 * JSON.
 */
export function indentJson(text: string): string | undefined {
  if (!isJson(text)) return undefined;
  let indented = '';
  let depth = 0;
  for (const [token] of text.matchAll(tokens)) {
    if (token === '}' || token === ']') {
      depth--;
      indented += `\n${spaces(depth)}${token}`;
    } else if (token === '{' || token === '[') {
      depth++;
      indented += `${token}\n${spaces(depth)}`;
    } else if (token === ',') indented += `,\n${spaces(depth)}`;
    else indented += token === ':' ? ': ' : withoutGaps(token);
  }
  return indented;
}

/** Strings, empty lists and objects, marks, and all else: numbers and words. */
const tokens = /"(?:[^"\\]|\\.)*"|\{\s*\}|\[\s*\]|[{}[\],:]|[^\s{}[\],:"]+/g;

function withoutGaps(token: string): string {
  return token.startsWith('"') ? token : token.replaceAll(/\s/g, '');
}

function spaces(depth: number): string {
  return '  '.repeat(depth);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
