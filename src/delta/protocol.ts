import { HeliosError } from '../base/errors.ts';
import type { MetadataAction, ProtocolAction } from './actions.ts';
import { allFields, parseStruct } from './schema-json.ts';

/** What Helios claims for its own tables: every engine reads and writes it. */
export const ownProtocol: ProtocolAction = { minReaderVersion: 1, minWriterVersion: 2 };

/**
 * Fails with `unsupported_table`, naming the feature, when the table could be misread. A feature
 * that is allowed by the protocol but not in use does no harm: it is recognised where it is used.
 */
export function checkReadable(protocol: ProtocolAction, metadata: MetadataAction): void {
  const { minReaderVersion, readerFeatures = [] } = protocol;
  if (minReaderVersion > 3) refuse('read', `reader version ${minReaderVersion}`);
  for (const feature of readerFeatures) {
    if (!readableFeatures.has(feature)) refuse('read', `the feature ${feature}`);
  }
  if (metadata.format.provider !== 'parquet') refuse('read', `format ${metadata.format.provider}`);
}

/**
 * Fails with `unsupported_table`, naming the feature, when appending could break the table's rules.
 */
export function checkAppendable(protocol: ProtocolAction, metadata: MetadataAction): void {
  checkReadable(protocol, metadata);
  const { minWriterVersion, writerFeatures = [] } = protocol;
  if (minWriterVersion > 7) refuse('append to', `writer version ${minWriterVersion}`);
  for (const feature of writerFeatures) {
    if (!appendableFeatures.has(feature)) refuse('append to', `the feature ${feature}`);
  }
  checkRules(metadata);
}

/**
 * Features that a reader knows what to do about, or that ask nothing of it. Others may hide rows or
 * hold values of a kind that Helios has no type for.
 */
const readableFeatures: ReadonlySet<string> = new Set([
  'timestampNtz',
  'columnMapping',
  'deletionVectors',
  'typeWidening',
  'typeWidening-preview',
  'v2Checkpoint',
  'vacuumProtocolCheck',
  // delta-rs lists it beside others that were asked for; a column of the type is refused by name.
  'variantType',
  'variantType-preview',
]);

/** Features that ask nothing of who only appends, or are recognised where they are in use. */
const appendableFeatures: ReadonlySet<string> = new Set([
  ...readableFeatures,
  'appendOnly',
  'invariants',
  'checkConstraints',
  'changeDataFeed',
  'generatedColumns',
  'allowColumnDefaults',
  'identityColumns',
  'inCommitTimestamp',
  'domainMetadata',
]);

function checkRules(metadata: MetadataAction): void {
  const mapping = metadata.configuration['delta.columnMapping.mode'] ?? 'none';
  if (mapping !== 'none') refuse('append to', `the feature columnMapping (mode ${mapping})`);
  for (const [key, value] of Object.entries(metadata.configuration)) {
    if (key.startsWith('delta.constraints.')) refuse('append to', `the CHECK constraint ${key}`);
    if (key === 'delta.enableInCommitTimestamps' && value === 'true') {
      refuse('append to', 'the feature inCommitTimestamp');
    }
  }
  for (const [name, field] of allFields(parseStruct(metadata.schemaString))) {
    const rule = columnRules.find(([key]) => field.metadata?.[key] !== undefined)?.[1];
    if (rule !== undefined) refuse('append to', `${rule} (column ${name})`);
    if (!field.nullable) refuse('append to', `a NOT NULL column (${name})`);
    if (field.type === 'void') refuse('append to', `a column without a type (${name})`);
  }
}

const columnRules: readonly (readonly [string, string])[] = [
  ['delta.typeChanges', 'the feature typeWidening'],
  ['delta.invariants', 'a column invariant'],
  ['delta.generationExpression', 'a generated column'],
  ['delta.identity.start', 'an identity column'],
  ['CURRENT_DEFAULT', 'a column default'],
];

function refuse(action: string, feature: string): never {
  throw new HeliosError(
    'unsupported_table',
    `Helios cannot ${action} this Delta table: it uses ${feature}.`,
    { hint: 'Write to a table of its own, or turn the feature off with the engine that owns it.' },
  );
}
