import { HeliosError } from '../../base/errors.ts';

/** A path with a pattern in it. */
export type Glob = {
  /** The folder that is certain. */
  readonly root: string;
  /** How all paths below it begin. */
  readonly prefix: string;
  /** What they match, or a folder that they are in. */
  readonly pattern: RegExp;
};

/**
 * Splits `/data/year=*\/*.parquet` before its first part that is a pattern: `*` is any text without
 * `/`, `**` any folders, `[abc]` one of those, `{a,b}` one of these. Undefined: there is none.
 */
export function parseGlob(path: string): Glob | undefined {
  const parts = path.split('/');
  // The address of a store may have brackets.
  const start = path.includes('://') ? 3 : 0;
  const first = parts.findIndex((part, place) => place >= start && /[*[{]/.test(part));
  if (first < 0) return undefined;
  const source = parts.slice(first).map(partSource).join('').replace(/\/$/, '');
  return {
    root: parts.slice(0, first).join('/') || '/',
    prefix: /^[^*[{]*/.exec(parts[first] ?? '')?.[0] ?? '',
    pattern: new RegExp(`^${source}(?:/.*)?$`, 's'),
  };
}

/** Patterns beyond this can take long for each name. */
const starsMax = 8;

function partSource(part: string, place: number, parts: readonly string[]): string {
  if (part === '**' && place === parts.length - 1) return '.*';
  if (part === '**') return '(?:[^/]+/)*';
  if (part.split('*').length > starsMax + 1) throw unclear(part, `more than ${starsMax} stars`);
  const source = part.replaceAll(
    /\[(?<set>[^\]]+)\]|\{(?<some>[^{}]+)\}|(?<star>\*+)|(?<other>[^*])/gs,
    (found, ...rest) => {
      const groups = rest.at(-1) as Readonly<Record<string, string | undefined>>;
      const { set, some, star } = groups;
      if (set !== undefined) return `[${set.replaceAll(/[\\\]^[]/g, String.raw`\$&`)}]`;
      if (some !== undefined) return `(?:${some.split(',').map(escaped).join('|')})`;
      if (star !== undefined) return '[^/]*';
      if (found === '[' || found === '{') throw unclear(part, `a ${found} that is not closed`);
      return escaped(found);
    },
  );
  return `${source}/`;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function unclear(part: string, what: string): HeliosError {
  return new HeliosError('invalid_config', `The pattern ${JSON.stringify(part)} has ${what}.`, {
    hint: 'There are * for any text, ** for any folders, [abc] and {one,other}.',
  });
}
