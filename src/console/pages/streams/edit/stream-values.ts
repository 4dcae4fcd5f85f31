import type { ErrorBody, StreamCreateBody, StreamPatchBody } from '../../../../server/api.ts';

/** What a form holds, as it was typed; empty leaves it to the server. */
export type StreamValues = {
  readonly name: string;
  /** A connection's name; empty is the embedded log. */
  readonly connection: string;
  readonly topic: string;
  readonly partitions: string;
  readonly age: string;
  readonly ageUnit: AgeUnit;
  readonly budget: string;
  readonly budgetUnit: BudgetUnit;
};

export type AgeUnit = 'minutes' | 'hours' | 'days';
export type BudgetUnit = 'MB' | 'GB' | 'TB';
export type StreamField = 'name' | 'connection' | 'topic' | 'partitions' | 'age' | 'budget';

const ageMs: Readonly<Record<AgeUnit, number>> = {
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
};

const budgetBytes: Readonly<Record<BudgetUnit, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

export const noValues: StreamValues = {
  name: '',
  connection: '',
  topic: '',
  partitions: '',
  age: '',
  ageUnit: 'days',
  budget: '',
  budgetUnit: 'GB',
};

/** What a stream has now, in the units that say it shortest. */
export function valuesOf(stream: {
  readonly partitions: number;
  readonly retention_ms: number | null;
  readonly retention_bytes: number | null;
}): StreamValues {
  const age = inUnit(stream.retention_ms, ageMs, 'days');
  const budget = inUnit(stream.retention_bytes, budgetBytes, 'GB');
  return {
    ...noValues,
    partitions: stream.partitions === 0 ? '' : String(stream.partitions),
    age: age.value,
    ageUnit: age.unit,
    budget: budget.value,
    budgetUnit: budget.unit,
  };
}

export function createBodyOf(values: StreamValues): StreamCreateBody {
  const { name, connection, topic, budget } = values;
  return {
    name,
    ...sizes(values),
    ...(budget === '' ? {} : { retention_bytes: budgetOf(values) }),
    ...(connection === '' ? {} : { connection, ...(topic === '' ? {} : { topic }) }),
  };
}

/** Only what was changed. */
export function patchBodyOf(values: StreamValues, before: StreamValues): StreamPatchBody {
  const { partitions, retention_ms } = sizes(values);
  const isOther = (...fields: readonly (keyof StreamValues)[]): boolean =>
    fields.some((field) => values[field] !== before[field]);
  return {
    ...(isOther('partitions') && partitions !== undefined ? { partitions } : {}),
    ...(isOther('age', 'ageUnit') && retention_ms !== undefined ? { retention_ms } : {}),
    ...(isOther('budget', 'budgetUnit') ? { retention_bytes: budgetOf(values) } : {}),
  };
}

/** The field that the server's refusal is about; undefined where it is about all of it. */
export function fieldOf({ code, message, details }: ErrorBody): StreamField | undefined {
  const named = fieldNames[String(details?.['field'])];
  if (named !== undefined) return named;
  if (code === 'invalid_name') return 'name';
  if (code === 'already_exists') return 'name';
  if (/partition/i.test(message)) return 'partitions';
  if (/kept to \S+ bytes|budget/.test(message)) return 'budget';
  if (/kept for|retention/i.test(message)) return 'age';
  return undefined;
}

const fieldNames: Readonly<Record<string, StreamField>> = {
  name: 'name',
  partitions: 'partitions',
  retention_ms: 'age',
  retention_bytes: 'budget',
  connection: 'connection',
  topic: 'topic',
};

function sizes({ partitions, age, ageUnit }: StreamValues): {
  readonly partitions?: number;
  readonly retention_ms?: number;
} {
  return {
    ...(partitions === '' ? {} : { partitions: Number(partitions) }),
    ...(age === '' ? {} : { retention_ms: Math.round(Number(age) * ageMs[ageUnit]) }),
  };
}

function budgetOf({ budget, budgetUnit }: StreamValues): number | null {
  return budget === '' ? null : Math.round(Number(budget) * budgetBytes[budgetUnit]);
}

/** In the largest unit that makes a whole number of it, else in the usual one. */
function inUnit<Unit extends string>(
  value: number | null,
  units: Readonly<Record<Unit, number>>,
  usual: Unit,
): { readonly value: string; readonly unit: Unit } {
  if (value === null) return { value: '', unit: usual };
  const names = (Object.keys(units) as Unit[]).toReversed();
  const unit = names.find((name) => value % units[name] === 0) ?? usual;
  return { value: String(value / units[unit]), unit };
}
