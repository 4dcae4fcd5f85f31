import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { Catalog } from '../catalog/catalog.ts';
import { StoredConnections } from '../catalog/connections.ts';
import { parseScript } from '../sql/parse-script.ts';
import { connectionProblems } from './connection-problems.ts';

const folder = await mkdtemp(join(tmpdir(), 'helios-problems-'));
const catalog = new Catalog(join(folder, 'catalog.db'));
afterAll(async () => {
  catalog.close();
  await rm(folder, { recursive: true });
});

const connections = new StoredConnections({ catalog, clock: systemClock, usersOf: () => [] });
connections.create({ name: 'prod', kind: 'kafka', options: { bootstrap_servers: 'b:9092' } });
connections.create({ name: 'aws', kind: 'kinesis', options: { aws_region: 'eu-central-1' } });

function script(options: string, sink = "connector = 'blackhole'"): string {
  return `CREATE TABLE src (id BIGINT) WITH (type = 'source', ${options});
CREATE TABLE out WITH (type = 'sink', ${sink});
INSERT INTO out SELECT id FROM src;`;
}

const topic = "connector = 'kafka', topic = 't', format = 'json'";
const avro =
  "connector = 'kafka', topic = 't', format = 'avro', 'avro.confluent_schema_registry' = 'true'";

const cases: readonly [name: string, sql: string, problem: string | undefined][] = [
  ['one that is there', script(`${topic}, connection_profile = 'PROD'`), undefined],
  [
    'one that is not',
    script(`${topic}, connection_profile = 'pord'`),
    '1: src: There is no connection named pord. Did you mean prod?',
  ],
  [
    'one of another kind',
    script(`${topic}, connection_profile = 'aws'`),
    "1: src: The connection aws is for kinesis, not for kafka. Use connector = 'kinesis'",
  ],
  [
    'what does not go together',
    script(`${topic}, connection_profile = 'prod', 'auth.type' = 'sasl'`),
    '1: src: The option auth.mechanism is missing for auth.type sasl.',
  ],
  [
    'a registry that nobody names',
    script(`${avro}, connection_profile = 'prod'`),
    '1: src: The connection names no schema registry. Add schema_registry.endpoint',
  ],
  [
    'a sink',
    script(
      `${topic}, connection_profile = 'prod'`,
      "connector = 'kafka', topic = 'o', format = 'json', connection_profile = 'prodd'",
    ),
    '2: out: There is no connection named prodd. Did you mean prod?',
  ],
];

test.each(cases)('a connection: %s', (_, sql, expected) => {
  const parsed = parseScript(sql);
  if (parsed.kind === 'errors') throw new Error(JSON.stringify(parsed.errors));
  const [problem] = connectionProblems(parsed.script, connections);
  const text =
    problem && `${problem.position.line}: ${problem.message} ${problem.hint ?? ''}`.trim();
  if (expected === undefined) expect(text).toBeUndefined();
  else expect(text).toContain(expected);
});
