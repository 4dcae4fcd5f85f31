/** The source of the scripts. */
export const events: string = `CREATE TABLE events (id BIGINT NOT NULL, v TEXT)
  WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');`;

/** From the stream `events` into the table `sunk`; `options` are more of the sink's. */
export function script(select: string, options = ''): string {
  return `${events}
    CREATE TABLE sunk WITH (connector = 'delta', path = 'tables/sunk', type = 'sink'${options});
    INSERT INTO sunk ${select};`;
}

export function ids(rows: readonly Readonly<Record<string, unknown>>[]): readonly number[] {
  return rows.map((row) => Number(row['id'])).toSorted((left, right) => left - right);
}
