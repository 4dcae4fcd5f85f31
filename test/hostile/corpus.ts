import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Places that statements speak of: `{canary}` and so on in the files. */
export type CorpusPlaces = {
  /** A file that nobody may read. */
  readonly canary: string;
  /** The folder of the tables. */
  readonly lake: string;
  /** A folder that nobody may write. */
  readonly outside: string;
  /** The port of a server on the loopback interface that nobody may contact. */
  readonly port: number;
};

export type CorpusStatement = { readonly group: string; readonly sql: string };

/** Groups that must be refused before they run. The others are `bombs` and `legal`. */
export const refusedGroups: readonly string[] = [
  'catalog',
  'files',
  'network',
  'side-effects',
  'statements',
];

/**
 * The statements of `hostile/*.sql` with the places filled in. A statement ends with a semicolon at
 * the end of a line; the comment on a file's first line is not part of any.
 */
export function hostileCorpus(places: CorpusPlaces): readonly CorpusStatement[] {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return files.toSorted().flatMap((file) =>
    statementsOf(readFileSync(`${folder}${file}`, 'utf8')).map((text) => ({
      group: file.replace('.sql', ''),
      sql: filled(text, places),
    })),
  );
}

function statementsOf(text: string): readonly string[] {
  const body = text.slice(text.indexOf('\n') + 1);
  return body
    .split(/;(?:[ \t]*--[^\n]*)?\n(?!;)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

function filled(text: string, places: CorpusPlaces): string {
  return text
    .replaceAll('{canary}', places.canary)
    .replaceAll('{lake}', places.lake)
    .replaceAll('{outside}', places.outside)
    .replaceAll('{port}', String(places.port));
}
