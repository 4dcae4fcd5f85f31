import { rm } from 'node:fs/promises';
import { fc } from '../../test/properties.ts';
import { expect, test } from 'vitest';
import { PipelineFixture } from './testing/fixture.ts';

/**
 * What of a record decides its fate: decoded or not, taken by the filter or not, fit for the SQL or
 * not.
 */
type Sent = {
  readonly id: number;
  readonly kind: 'good' | 'filtered' | 'malformed' | 'mistyped' | 'failing';
};

type Step =
  | { readonly kind: 'send'; readonly records: readonly Sent['kind'][] }
  | { readonly kind: 'restart' | 'crash' | 'roll' | 'edit' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      records: fc.array(
        fc.constantFrom<Sent['kind'][]>(
          'good',
          'good',
          'good',
          'filtered',
          'malformed',
          'mistyped',
          'failing',
        ),
        { minLength: 1, maxLength: 12 },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Step[]>(
      { kind: 'restart' },
      { kind: 'crash' },
      { kind: 'roll' },
      { kind: 'edit' },
    ),
  },
);

const script = `CREATE TABLE events (id BIGINT NOT NULL, kind TEXT, v TEXT)
    WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');
  CREATE VIEW kept AS SELECT id, v FROM events WHERE kind <> 'filtered';
  CREATE TABLE sunk WITH (connector = 'delta', path = 'tables/sunk', type = 'sink', target_file_size = '1kB');
  INSERT INTO sunk SELECT id, v::INT AS v FROM kept;
  CREATE TABLE other WITH (connector = 'delta', path = 'tables/other', type = 'sink',
    partition_fields = [rest]);
  INSERT INTO other SELECT id, id % 3 AS rest FROM events;`;

function line({ id, kind }: Sent): string {
  if (kind === 'malformed') return `{"id":${id}, not json`;
  if (kind === 'mistyped') return `{"id":${id},"kind":"x","v":{"a":1}}`;
  return JSON.stringify({ id, kind, v: kind === 'failing' ? 'x' : '1' });
}

test('each record is in each sink or the quarantine once, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
      let helios = await PipelineFixture.open();
      const sent: Sent[] = [];
      try {
        await helios.supervisor.create({ name: 'p', sql: script, isAdopting: false });
        for (const [index, one] of steps.entries()) {
          helios = await take(helios, one, { sent, index });
        }
        await sendSome(helios, ['good'], sent);
        await check(helios, sent);
        await helios.supervisor.stop('p', { isDiscarding: false });
        await check(helios, sent);
      } finally {
        await helios[Symbol.asyncDispose]();
      }
    }),
    { numRuns: 6 },
  );
}, 120_000);

async function take(
  helios: PipelineFixture,
  one: Step,
  { sent, index }: { readonly sent: Sent[]; readonly index: number },
): Promise<PipelineFixture> {
  switch (one.kind) {
    case 'send':
      await sendSome(helios, one.records, sent);
      return helios;
    case 'restart':
      return await helios.reopened();
    case 'crash':
      return await crash(helios);
    case 'roll':
      await helios.supervisor.stop('p', { isDiscarding: false });
      await helios.supervisor.start('p');
      return helios;
    case 'edit':
      await helios.supervisor.edit('p', `${script} -- ${index}`, { isDiscarding: false });
      return helios;
  }
}

/** Every third of the batches is not waited for: what comes next meets an epoch under way. */
async function sendSome(
  helios: PipelineFixture,
  kinds: readonly Sent['kind'][],
  sent: Sent[],
): Promise<void> {
  const records = kinds.map((kind, index) => ({ id: sent.length + index, kind }));
  sent.push(...records);
  const send = sent.length % 3 === 0 && kinds.length > 1 ? 'send' : 'sendAndWait';
  await helios[send]('events', records.map(line));
}

/** Goes on from the files as they are at this moment, in the middle of whatever runs. */
async function crash(helios: PipelineFixture): Promise<PipelineFixture> {
  const copy = helios.copied();
  await helios.close();
  await rm(helios.directory, { recursive: true });
  const again = await PipelineFixture.open(copy);
  await again.supervisor.startAll();
  return again;
}

async function check(helios: PipelineFixture, sent: readonly Sent[]): Promise<void> {
  const sunk = (await helios.rows('sunk')).map((row) => Number(row['id']));
  const other = (await helios.rows('other')).map((row) => Number(row['id']));
  const rejected = (await helios.rows('quarantine')).map((row) =>
    Number(/"id":(\d+)/.exec(String(row['raw_text']))?.[1]),
  );
  const idsOf = (...kinds: readonly Sent['kind'][]): readonly number[] =>
    sent.filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id);
  expect(sorted(sunk)).toEqual(idsOf('good'));
  expect(sorted(other)).toEqual(idsOf('good', 'filtered'));
  expect(sorted(rejected)).toEqual(idsOf('malformed', 'mistyped', 'failing'));
}

function sorted(ids: readonly number[]): readonly number[] {
  return ids.toSorted((left, right) => left - right);
}
