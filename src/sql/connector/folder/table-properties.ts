import { didYouMeanHint } from '../../../base/did-you-mean.ts';
import { durationMsOf } from '../quantities.ts';
import type { OptionReader, PrefixedOption } from '../option-reader.ts';

/** A table's own settings, `delta.…`, as Delta names and writes them. */
export type TableProperties = Readonly<Record<string, string>>;

type Kind = 'duration' | 'count' | 'columns' | 'boolean';

/** Those that Helios itself goes by. */
const kinds: Readonly<Record<string, Kind>> = {
  'delta.logRetentionDuration': 'duration',
  'delta.deletedFileRetentionDuration': 'duration',
  'delta.enableExpiredLogCleanup': 'boolean',
  'delta.checkpointInterval': 'count',
  'delta.dataSkippingNumIndexedCols': 'columns',
  'delta.appendOnly': 'boolean',
};

/** Those of which people may think, and why they aren't here. */
const others: Readonly<Record<string, string>> = {
  'delta.columnMapping.mode': 'Helios writes columns under their own names.',
  'delta.enableChangeDataFeed': 'Helios only appends: every row of a version is a change.',
  'delta.enableDeletionVectors': 'Helios deletes no rows.',
  'delta.enableInCommitTimestamps': 'Commits of Helios have no such time.',
  'delta.targetFileSize': 'Set rolling_policy.file_size.',
  'delta.autoOptimize.optimizeWrite': 'Set rolling_policy.file_size.',
  'delta.autoOptimize.autoCompact': 'Set compaction.enabled.',
};

const example: Readonly<Record<Kind, string>> = {
  duration: "a duration such as 'interval 30 days'",
  count: 'a whole number from 1',
  columns: 'a whole number from 0, or -1 for all',
  boolean: 'true or false',
};

/** Reads the `delta.…` options that are written into a new table; undefined: there are none. */
export function readTableProperties(options: OptionReader): TableProperties | undefined {
  const found: Record<string, string> = {};
  for (const option of options.takeAll('delta.')) {
    const name = Object.keys(kinds).find((one) => one.toLowerCase() === option.name.toLowerCase());
    const kind = name === undefined ? undefined : kinds[name];
    if (name === undefined || kind === undefined) {
      reportUnknown(options, option);
      continue;
    }
    const value = valueOf(kind, option.text);
    if (value !== undefined) found[name] = value;
    else options.report(option.value, `${name} is ${example[kind]}, not '${option.text ?? ''}'.`);
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

/** As Delta's log has it; undefined where it means nothing. */
function valueOf(kind: Kind, text: string | undefined): string | undefined {
  const written = text?.trim().toLowerCase() ?? '';
  switch (kind) {
    case 'boolean':
      return ['true', 'false'].includes(written) ? written : undefined;
    case 'count':
      return /^[1-9]\d{0,8}$/.test(written) ? written : undefined;
    case 'columns':
      return /^(?:-1|\d{1,4})$/.test(written) ? written : undefined;
    case 'duration': {
      const ms = durationMsOf(written.replace(/^interval\s+/, '').replaceAll("'", ''));
      return ms !== undefined && ms >= 0 ? intervalText(ms) : undefined;
    }
  }
}

/** The largest unit that leaves nothing over, as Spark writes it. */
function intervalText(ms: number): string {
  const units = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1000 };
  for (const [unit, length] of Object.entries(units)) {
    if (ms % length === 0) return `interval ${ms / length} ${unit}`;
  }
  return `interval ${Math.ceil(ms)} milliseconds`;
}

function reportUnknown(options: OptionReader, { name, nameSpan }: PrefixedOption): void {
  const known = [...Object.keys(kinds), 'delta.timestamp_ntz'];
  const reason = Object.entries(others).find(
    ([other]) => other.toLowerCase() === name.toLowerCase(),
  )?.[1];
  if (reason !== undefined) {
    options.report(nameSpan, `The property ${name} can't be set here.`, reason);
    return;
  }
  const hint = didYouMeanHint(name, known) ?? `These can be set: ${known.join(', ')}.`;
  options.report(nameSpan, `There is no table property "${name}" here.`, hint);
}
