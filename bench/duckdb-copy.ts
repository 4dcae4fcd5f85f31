/**
 * What `helios run` is held against: `COPY (SELECT … FROM read_json(…)) TO …` and nothing else.
 *
 *     node bench/duckdb-copy.ts INPUT.ndjson FILTER OUTPUT.parquet
 */
import { readJsonColumns } from './data.ts';
import { openEngine } from './workspace.ts';

const [input = '', filter = '', output = ''] = process.argv.slice(2);
using engine = await openEngine();
const read = `read_json('${input}', format = 'newline_delimited', columns = {${readJsonColumns}})`;
await engine.connection.execute(
  `COPY (SELECT * FROM ${read} WHERE ${filter}) TO '${output}' (FORMAT parquet, COMPRESSION zstd)`,
);
