/** More would leave no room for any. */
export const columnsMax = 8;

/** Names of fields in the address, with commas between them. */
export function columnsText(columns: readonly string[]): string | undefined {
  const names = columns.map((name) => name.replace(/[%,]/g, encodeURIComponent));
  return names.length === 0 ? undefined : names.join(',');
}

/** The fields that an address names; what isn't written as `columnsText` does is taken as it is. */
export function columnsOfText(text: string | null): readonly string[] {
  const names = (text ?? '').split(',').filter((name) => name !== '');
  const read = names.map((name) =>
    name.replace(/%(?:25|2C)/gi, (escaped) => decodeURIComponent(escaped)),
  );
  return [...new Set(read)].slice(0, columnsMax);
}

/** With the field, or without it where it was among them. */
export function withColumn(columns: readonly string[], name: string): readonly string[] {
  return columns.includes(name) ? columns.filter((one) => one !== name) : [...columns, name];
}
