import { firstOf, type Leaf } from './leaf.ts';

/** A leaf with columns in the layers before its check: in the texts' and in the values'. */
export type PlainTextLeaf = Leaf & { readonly first: string; readonly sign: string };

/**
 * A text as the reader gives it. Most are told apart by their first character alone, at a tenth of
 * a pattern's cost. All this is in layers of their own: DuckDB flattens an OR of ORs, computes what
 * they have in common again and again, and is ten times slower where one of them is NULL.
 */
export function plainTextLeaf(id: string): PlainTextLeaf {
  const [text, first] = [`r${id}`, `b${id}`];
  const signs = ['-', 'I', 'N', 'f', 't', '[', '{'].map(
    (sign) => `${first} = ${sign.charCodeAt(0)}`,
  );
  return {
    first: `coalesce(unicode(${text}), 0) AS b${id}`,
    sign: `(${first} BETWEEN 48 AND 57 OR ${signs.join(' OR ')}) AS s${id}`,
    value: text,
    fault: () => firstOf([{ when: isAmbiguous(text), code: 'examine' }]),
    suspect: () => `CASE WHEN s${id} THEN ${isAmbiguous(text)} ELSE false END`,
  };
}

/**
 * True where a text read plainly may have been a number, a boolean, an array or an object: the
 * reader spells what is no string as a number, `true`, `false`, `NaN`, `Infinity`, `-Infinity`, or
 * with a bracket first. A number too large for a double is spelled as it came, however long.
 */
export function isAmbiguous(text: string): string {
  const number = String.raw`-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?`;
  const token = String.raw`(?is:${number}|true|false|[\[{].*|-?(nan|infinity))`;
  return `regexp_full_match(${text}, '${token}')`;
}
