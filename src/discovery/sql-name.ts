/** Quoted where it isn't a plain name in lower case that no grammar wants for itself. */
export function sqlName(name: string): string {
  const isPlain = /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name);
  return isPlain ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The nearest name that can be one, and that none has yet; names differ in more than case. */
export function tableName(name: string, taken: ReadonlySet<string>): string {
  const plain = name.replaceAll(/[ ,;{}()\n\t=]+/g, '_').replaceAll(/^_+|_+$/g, '') || 'column';
  let free = plain;
  for (let number = 2; taken.has(free.toLowerCase()); number++) free = `${plain}_${number}`;
  return free;
}

/** Reserved in DuckDB's SELECT, or by the dialect. */
const reserved = new Set(
  (
    'all analyse analyze and any array as asc asymmetric at both case cast check collate column ' +
    'constraint create default deferrable desc describe distinct do else end except false fetch ' +
    'for foreign from grant group having in initially intersect into lambda lateral leading ' +
    'limit metadata not null offset on only or order pivot placing primary qualify references ' +
    'returning select show some summarize symmetric table then to trailing true union unique ' +
    'unpivot using variadic watermark when where window with'
  ).split(' '),
);
