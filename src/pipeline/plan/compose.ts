import type { HeliosError, TextPosition } from '../../base/errors.ts';
import { quoteName } from '../../engine/types.ts';
import type { SelectText } from '../../sql/script.ts';

/** SQL in pieces: Helios's own text, and SELECTs of the script. */
export type SqlPieces = readonly (string | SelectText)[];

/** A named relation of a statement. */
export type Relation = { readonly name: string; readonly body: SqlPieces };

/**
 * SQL put together from texts of Helios and of the script, which remembers where the script's
 * texts went, so that an error of DuckDB's can be shown where the person wrote it.
 */
export class ComposedSql {
  #text = '';
  readonly #placed: {
    readonly start: number;
    readonly end: number;
    readonly select: SelectText;
  }[] = [];

  get text(): string {
    return this.#text;
  }

  add(pieces: SqlPieces): this {
    for (const piece of pieces) {
      const start = this.#text.length;
      this.#text += typeof piece === 'string' ? piece : piece.text;
      if (typeof piece !== 'string') {
        this.#placed.push({ start, end: this.#text.length, select: piece });
      }
    }
    return this;
  }

  /**
   * Where in the script DuckDB's error lies; undefined where it is in none of the script's texts.
   */
  positionOf(error: HeliosError): TextPosition | undefined {
    const offset = error.details?.['offset'];
    if (typeof offset !== 'number') return this.#positionOfName(error.message);
    const position = this.positionAt(offset);
    return position && { ...position, length: error.position?.length ?? position.length };
  }

  /** Of an error without a place: where what it speaks of stands last. */
  #positionOfName(message: string): TextPosition | undefined {
    const placed = this.#placed.at(-1);
    for (const [about, what] of placeless) {
      const name = about.exec(message)?.[1] ?? '';
      if (!about.test(message) || placed === undefined) continue;
      const pattern = new RegExp(
        what.replace('NAME', () => RegExp.escape(name)),
        'gi',
      );
      const found = [...placed.select.text.matchAll(pattern)].at(-1);
      if (found !== undefined) return placed.select.positionAt(found.index);
    }
    return undefined;
  }

  /** Where in the script the UTF-16 offset of the text stood; undefined in Helios's own text. */
  positionAt(offset: number): TextPosition | undefined {
    const placed = this.#placed.find(({ start, end }) => offset >= start && offset <= end);
    return placed?.select.positionAt(offset - placed.start);
  }
}

/** What DuckDB says without a place, and the words of the SELECT that it says it of. */
const placeless: readonly (readonly [RegExp, string])[] = [
  [/^Could not find key "(.*?)" in struct/, '\\b"?NAME\\b'],
  [/duplicate alias "(.*?)"/, '\\b"?NAME\\b'],
  [/^GROUP BY term out of range/, '\\bgroup\\s+by\\b'],
  [/^ORDER (?:BY )?term out of range/, '\\border\\s+by\\b'],
  [/QUALIFY with GROUP BY ALL/, '\\bqualify\\b'],
  [/^Set operations can only apply/, '\\b(?:union|except|intersect)\\b'],
];

/** `WITH a AS (…), b AS (…) SELECT columns FROM (body)`. The line breaks end comments. */
export function composeSelect(
  relations: readonly Relation[],
  columns: string,
  body: SqlPieces,
): ComposedSql {
  const sql = new ComposedSql();
  relations.forEach((relation, index) => {
    const opening = `${index === 0 ? 'WITH ' : ', '}${quoteName(relation.name)} AS (`;
    sql.add([opening, ...relation.body, '\n)']);
  });
  return sql.add([` SELECT ${columns} FROM (`, ...body, '\n)']);
}
