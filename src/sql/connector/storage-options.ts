import type { StorageOptions } from '../script.ts';
import type { OptionReader, Spellings } from './option-reader.ts';
import { parseSecretReference } from './secret-reference.ts';

/** `storage.NAME` → what it says. Names of the dialect, then those that it lacks. */
const textNames = [
  'aws_region',
  'aws_endpoint',
  'aws_profile',
  'role_arn',
  'external_id',
  'role_session_name',
  'sse_kms_key_id',
] as const;

const secretNames = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'ca',
] as const;

export const storageReferenceHint: string =
  'Give a reference such as env:AWS_SECRET_ACCESS_KEY or file:/PATH/ca.pem: also ssm:/path, ' +
  'secretsmanager:id#key or {{ NAME }}.';

/** All that may be said of a store; the secrets among them are references. */
export const storageSecretNames: readonly string[] = secretNames;
export const storageOptionNames: readonly string[] = [
  ...textNames,
  ...secretNames,
  'path_style',
  'sse',
];

/** As object_store, which Arroyo and delta-rs hand their options to, spells them too. */
function spellingsOf(name: string): Spellings {
  const r2 = name.startsWith('aws_') ? [`storage.${name.replace('aws_', 'r2_')}`] : [];
  return [`storage.${name}`, ...r2];
}

/**
 * The options that say how to reach the store that a path is in. Secrets are references, since the
 * SQL is stored.
 */
export function readStorageOptions(options: OptionReader, isRemote: boolean): StorageOptions {
  if (!isRemote) {
    const hint = 'Leave it out, or write a path such as s3://BUCKET/FOLDER.';
    options.refuseAll('storage.', 'the path is on this machine.', hint);
    return {};
  }
  const found: Record<string, string> = {};
  for (const name of textNames) {
    const text = options.text(...spellingsOf(name));
    if (text !== undefined) found[name] = text;
  }
  for (const name of secretNames) {
    const secret = readSecret(options, spellingsOf(name));
    if (secret !== undefined) found[name] = secret;
  }
  const isPathStyle = options.boolean('storage.path_style');
  if (isPathStyle !== undefined) found['path_style'] = String(isPathStyle);
  const encryption = options.choice(['storage.sse'], {
    aes256: 'aes256',
    'aws:kms': 'kms',
    kms: 'kms',
  });
  if (encryption !== undefined) found['sse'] = encryption;
  const conditions = options.choice(['storage.conditional_writes'], {
    required: 'required',
    none: 'none',
  });
  if (conditions !== undefined) found['conditional_writes'] = conditions;
  checkTogether(options, found);
  return found;
}

/** How files are sent to a store, for what of it is given; nothing for a disk of this machine. */
export function readUploadOptions(options: OptionReader, isRemote: boolean): StorageOptions {
  const given = {
    part_bytes: options.bytes('multipart.target_part_size', 'target_part_size'),
    parts_max: options.integer(['multipart.max_parts', 'max_parts'], 1, 10_000),
    multipart_bytes_min: options.bytes('multipart.minimum_multipart_size'),
  };
  checkPartBytes(options, given.part_bytes);
  if (!isRemote) return {};
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  );
}

/** What S3 takes; its 5 MB are 5 MiB, which smaller ones are raised to. */
const partBytesMin = 5_000_000;
const partBytesMax = 5 * 1024 ** 3;

function checkPartBytes(options: OptionReader, bytes: number | undefined): void {
  if (bytes === undefined || (bytes >= partBytesMin && bytes <= partBytesMax)) return;
  const span = options.spanOf('multipart.target_part_size', 'target_part_size');
  const message = `Parts of ${bytes} bytes are none that S3 takes.`;
  options.report(span, message, 'Write 5MB to 5GB.');
}

function readSecret(options: OptionReader, spellings: Spellings): string | undefined {
  const text = options.text(...spellings);
  if (text === undefined || parseSecretReference(text) !== undefined) return text;
  options.report(
    options.spanOf(...spellings),
    `${spellings[0]} is given as plain text, and would be stored so.`,
    storageReferenceHint,
  );
  return undefined;
}

function checkTogether(options: OptionReader, found: StorageOptions): void {
  const hasKey = found['aws_access_key_id'] !== undefined;
  const hasSecret = found['aws_secret_access_key'] !== undefined;
  if (
    hasKey !== hasSecret &&
    options.has('storage.aws_access_key_id') !== options.has('storage.aws_secret_access_key')
  ) {
    const [there, missing] = hasKey
      ? (['storage.aws_access_key_id', 'storage.aws_secret_access_key'] as const)
      : (['storage.aws_secret_access_key', 'storage.aws_access_key_id'] as const);
    const hint = `Give both, or neither: then the usual chain of AWS says who Helios is.`;
    options.report(options.spanOf(there), `${there} goes with ${missing}.`, hint);
  }
  if (found['sse_kms_key_id'] !== undefined && found['sse'] !== 'kms') {
    const message = "storage.sse_kms_key_id goes with storage.sse = 'aws:kms'.";
    options.report(options.spanOf('storage.sse_kms_key_id'), message, 'Set it too.');
  }
}
