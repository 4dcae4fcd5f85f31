/** A zero byte and the id of a schema, which clients of a registry put before a value. */
export const frameBytes = 5;

/** The value behind a registry's bytes; undefined where they are not there. */
export function framedText(value: Buffer): Buffer | undefined {
  return isFramed(value) ? value.subarray(frameBytes) : undefined;
}

/** Id of the schema that a framed value names; undefined where it is none. */
export function schemaIdOf(value: Buffer): number | undefined {
  return isFramed(value) ? value.readUInt32BE(1) : undefined;
}

/** The same in SQL: text behind the bytes of the BLOB `value`, NULL where that is no UTF-8. */
export function framedTextSql(value: string): string {
  return `CASE WHEN octet_length(${value}) >= ${frameBytes} AND ${value}[1:1] = '\\x00'::BLOB
    THEN TRY(decode(${value}[${frameBytes + 1}:])) END`;
}

function isFramed(value: Buffer): boolean {
  return value.length >= frameBytes && value[0] === 0;
}
