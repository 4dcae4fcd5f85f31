/** A string, a bracket, a mark between values, or a number or word. */
const token = /"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/gy;
const space = /\s*/gy;

/**
 * The text of a member of the object that `json` is, exactly as it stands there; the first, where
 * there are several of that name. Undefined where there is none. `json` is well-formed.
 */
export function memberText(json: string, name: string): string | undefined {
  return plainMemberText(json, name) ?? anyMemberText(json, name);
}

/**
 * The same for most objects, much sooner; undefined elsewhere. Where nothing is escaped, a quote
 * with a letter behind it opens a string, so the name in quotes is one, and with a colon a key: of
 * the outermost object, where nothing opened before it but that.
 */
function plainMemberText(json: string, name: string): string | undefined {
  const key = json.indexOf(`"${name}"`);
  if (key < 0 || json.lastIndexOf('{', key) !== 0 || json.lastIndexOf('[', key) >= 0) {
    return undefined;
  }
  if (json.includes('\\') || !/^\w/.test(name)) return undefined;
  plainValue.lastIndex = key + name.length + 2;
  return plainValue.exec(json)?.[1];
}

const plainValue = /\s*:\s*("[^"]*"|[^\s"[\]{}:,]+)/y;

function anyMemberText(json: string, name: string): string | undefined {
  let depth = 0;
  let isKey = false;
  let start: number | undefined;
  for (let at = skipSpace(json, 0); at < json.length; at = skipSpace(json, at)) {
    token.lastIndex = at;
    const found = token.exec(json)?.[0];
    if (found === undefined) return undefined;
    const isOuter = depth === 1;
    if (start !== undefined && isOuter && (found === ',' || found === '}')) {
      return json.slice(start, at).trimEnd();
    }
    if (found === '{' || found === '[') depth++;
    if (found === '}' || found === ']') depth--;
    if (isOuter && isKey && found.startsWith('"')) {
      isKey = false;
      if (isNamed(found, name)) start = valueAt(json, at + found.length);
      if (start !== undefined) {
        at = start;
        continue;
      }
    }
    if (depth === 1 && (found === ',' || (found === '{' && !isOuter))) isKey = true;
    at += found.length;
  }
  return undefined;
}

function isNamed(key: string, name: string): boolean {
  if (!key.includes('\\')) return key.length === name.length + 2 && key.slice(1, -1) === name;
  return JSON.parse(key) === name;
}

/** Behind a key: past the colon and the white space around it. */
function valueAt(json: string, afterKey: number): number {
  return skipSpace(json, skipSpace(json, afterKey) + 1);
}

function skipSpace(json: string, at: number): number {
  space.lastIndex = at;
  return at + (space.exec(json)?.[0].length ?? 0);
}
