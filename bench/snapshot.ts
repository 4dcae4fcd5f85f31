/** Opening a Delta table of many files with many commits since its checkpoint. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quoteText } from '../src/engine/types.ts';
import { megabytes, median, milliseconds, report, thousands } from './measurement.ts';
import { outputOf } from './program.ts';
import { readSettings, scaled } from './settings.ts';
import { openEngine, Workspace } from './workspace.ts';

const settings = readSettings();
const files = scaled(settings, 100_000, 1000);
const commits = scaled(settings, 1000, 10);
const filesOfCommit = 5;
const rounds = settings.rounds ?? 5;
const goal = { openMs: 1000, bytes: 300e6 };

/** What the process that opened the table says of it. */
type Opened = {
  readonly openMs: number;
  readonly files: number;
  readonly version: number;
  readonly peakBytes: number;
};

using workspace = new Workspace('snapshot');
const log = workspace.inside('table', '_delta_log');
mkdirSync(log, { recursive: true });
await writeCheckpoint(files - commits * filesOfCommit);
for (let version = 1; version <= commits; version++) {
  const adds = Array.from({ length: filesOfCommit }, (_, index) => addLine(version, index));
  const info = { timestamp: version, operation: 'STREAMING UPDATE', txnId: String(version) };
  const txn = { appId: 'bench', version };
  const lines = [JSON.stringify({ commitInfo: info }), JSON.stringify({ txn }), ...adds];
  writeFileSync(join(log, `${versionText(version)}.json`), `${lines.join('\n')}\n`);
}
const opened: Opened[] = [];
for (let round = 1; round <= rounds; round++) {
  const output = await outputOf('open-table.ts', [workspace.inside('table')]);
  opened.push(JSON.parse(output) as Opened);
}
const [first] = opened;
if (first?.files !== files || first.version !== commits) {
  throw new Error(`The table has ${first?.files} files at version ${first?.version}.`);
}
const openMs = median(opened.map((one) => one.openMs));
const peakBytes = Math.max(...opened.map((one) => one.peakBytes));
report({
  what: 'opening a Delta table of 100,000 files, 1,000 commits after its checkpoint',
  value: `${milliseconds(openMs)}, ${megabytes(peakBytes)}`,
  peer: '',
  ratio: undefined,
  goal: '< 1 s, < 300 MB',
  isMet: openMs < goal.openMs && peakBytes < goal.bytes,
  isBehindPeer: false,
  detail:
    `${thousands(files)} files, ${thousands(commits)} commits on disk; ${rounds} processes of ` +
    'their own; the peak is of the whole process, Node and DuckDB included',
});

/** The checkpoint of version 0, as Spark would write it. */
async function writeCheckpoint(count: number): Promise<void> {
  using engine = await openEngine();
  const schemaString = JSON.stringify({
    type: 'struct',
    fields: ['id:long', 'shop:string', 'amount:double', 'at:timestamp', 'day:date'].map((text) => {
      const [name, type] = text.split(':');
      return { name, type, nullable: true, metadata: {} };
    }),
  });
  const path = join(log, `${versionText(0)}.checkpoint.parquet`);
  await engine.connection.execute(`COPY (
    SELECT {'minReaderVersion': 1, 'minWriterVersion': 2} AS protocol, NULL AS metaData, NULL AS add
    UNION ALL BY NAME SELECT {'id': 'bench', 'format': {'provider': 'parquet'},
      'schemaString': ${quoteText(schemaString)}, 'partitionColumns': ['day'],
      'configuration': MAP {'a': 'b'}} AS metaData
    UNION ALL BY NAME SELECT {
      'path': printf('day=2024-01-%02d/part-%05d-%s-c000.zstd.parquet', 1 + n % 28, n,
        md5(n::VARCHAR)),
      'partitionValues': MAP {'day': printf('2024-01-%02d', 1 + n % 28)},
      'size': 100000 + n, 'modificationTime': 1700000000000 + n, 'dataChange': true,
      'stats': printf('${statsText('%d').replaceAll("'", "''")}', ${'n, '.repeat(3)}n)
    } AS add FROM range(${count}) AS t(n)
  ) TO ${quoteText(path)} (FORMAT parquet, COMPRESSION snappy)`);
  writeFileSync(join(log, '_last_checkpoint'), JSON.stringify({ version: 0, size: count + 2 }));
}

function addLine(version: number, index: number): string {
  const day = `2024-02-${String(1 + (version % 28)).padStart(2, '0')}`;
  const stats = statsText('%d').replaceAll('%d', String(version));
  const path = `day=${day}/part-${version}-${index}-0123456789abcdef0123456789abcdef.zstd.parquet`;
  const [size, modificationTime] = [100_000 + index, 1_700_000_000_000 + version];
  const add = { path, partitionValues: { day }, size, modificationTime, dataChange: true, stats };
  return JSON.stringify({ add });
}

/** With four places for numbers. */
function statsText(place: string): string {
  const bounds = (id: string): object => ({
    id,
    shop: 'shop in the middle',
    amount: 12.5,
    at: '2024-01-01T01:02:03.456Z',
  });
  const stats = {
    numRecords: 1234,
    minValues: bounds(place),
    maxValues: { ...bounds(place), shop: `shop ${place}` },
    nullCount: { id: 0, shop: place, amount: 0, at: 0 },
  };
  return JSON.stringify(stats).replaceAll(`"${place}"`, place);
}

function versionText(version: number): string {
  return String(version).padStart(20, '0');
}
