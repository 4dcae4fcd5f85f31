/** A file with bad records → SQL → Delta by `helios run`, against the same file without. */
import { writeFileSync } from 'node:fs';
import { eventColumnList, postedEvents, shopEventsFile } from './data.ts';
import { median, report, say, seconds, thousands } from './measurement.ts';
import { type ProgramCost, runHelios } from './program.ts';
import { readSettings, scaled } from './settings.ts';
import { openEngine, Workspace } from './workspace.ts';

const settings = readSettings();
const eventCount = scaled(settings, 1_000_000);
const rounds = settings.rounds ?? 3;
const ratioMax = 3;

/** How an event's line is made bad, as SQL over `line`. */
const unfit = `CASE n // every % 4
  WHEN 0 THEN left(line, 100)
  WHEN 1 THEN regexp_replace(line, '"quantity":[0-9]+', '"quantity":"many"')
  WHEN 2 THEN regexp_replace(line, '"id":[0-9]+,', '')
  ELSE regexp_replace(line, '"quantity":([0-9]+)', '"quantity":300000000\\1') END`;
const uncastable = `regexp_replace(line, '"app_version":"v3', '"app_version":"beta')`;

const allColumns = "SELECT * FROM events WHERE type <> 'page_view'";
const withCast = `SELECT *, CAST(substr(app_version, 4) AS INT) AS release FROM events
  WHERE type <> 'page_view'`;
const cases = [
  { name: 'cut, of a wrong type, without an id or out of range', bad: unfit, select: allColumns },
  { name: 'that the SQL can’t cast', bad: uncastable, select: withCast },
];
const everies = [100, 10, 2];

using workspace = new Workspace('bad-records');
const good = await shopEventsFile(postedEvents(eventCount));
const first = await shopEventsFile(postedEvents(1));
let runs = 0;
for (const { name, bad, select } of cases) {
  for (const every of everies) {
    const input = await withBad(bad, every);
    const starts: ProgramCost[] = [];
    const fast: ProgramCost[] = [];
    const slow: ProgramCost[] = [];
    for (let round = 1; round <= rounds; round++) {
      starts.push(run(first, select));
      fast.push(run(good, select));
      slow.push(run(input, select));
    }
    const what = `${100 / every} % bad records: ${name}`;
    say(`${what}: ${costText(slow)}, none ${costText(fast)}, start ${costText(starts)}`);
    const slowMs = wallMs(slow) - wallMs(starts);
    const fastMs = wallMs(fast) - wallMs(starts);
    report({
      what,
      value: `${thousands((eventCount / slowMs) * 1000)} events/s`,
      peer: `the same file without: ${thousands((eventCount / fastMs) * 1000)}/s`,
      ratio: slowMs / fastMs,
      goal: `≤ ${ratioMax}`,
      isMet: settings.scale < 1 ? undefined : slowMs / fastMs <= ratioMax,
      isBehindPeer: false,
      detail:
        `${thousands(eventCount)} events, JSON file → Delta; ${costText(slow)}, without them ` +
        `${costText(fast)}, of which a start is ${costText(starts)}; the ratio is without it`,
    });
  }
}

/** The events with one in so many made bad. */
async function withBad(bad: string, every: number): Promise<string> {
  const path = workspace.inside(`bad-${every}-${++runs}.ndjson`);
  using engine = await openEngine();
  const lines = `SELECT json::VARCHAR AS line, row_number() OVER () - 1 AS n, ${every} AS every
    FROM read_ndjson_objects('${good}')`;
  await engine.connection.execute(
    `COPY (SELECT CASE WHEN n % every = every - 1 THEN ${bad} ELSE line END FROM (${lines}))
     TO '${path}' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01')`,
  );
  return path;
}

function run(input: string, select: string): ProgramCost {
  const script = workspace.inside(`run-${++runs}.sql`);
  writeFileSync(
    script,
    `CREATE TABLE events (${eventColumnList.replace('id BIGINT', 'id BIGINT NOT NULL')}) WITH (
       connector = 'single_file', path = '${input}', format = 'json', type = 'source');
     CREATE TABLE kept WITH (connector = 'delta', type = 'sink', format = 'parquet',
       path = 'file://${workspace.inside(`delta-${runs}`)}', 'parquet.compression' = 'zstd');
     INSERT INTO kept ${select};`,
  );
  return runHelios(script);
}

function wallMs(costs: readonly ProgramCost[]): number {
  return median(costs.map((cost) => cost.wallMs));
}

function costText(costs: readonly ProgramCost[]): string {
  return `${seconds(wallMs(costs))} (CPU ${seconds(median(costs.map(({ cpuMs }) => cpuMs)))})`;
}
