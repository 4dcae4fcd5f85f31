import { didYouMean } from '../../base/did-you-mean.ts';
import { readClientConfigs } from './client-configs.ts';
import { connectionOptionLists, type ConnectionOption } from './connection-option-list.ts';
import { checkTogether } from './connection-option-rules.ts';
import { parseSecretReference, templatePattern } from './secret-reference.ts';

/** What is written in SQL or given to `connection create`. `confluent` is Kafka with a profile. */
export type ConnectorName = 'kafka' | 'confluent' | 'kinesis';

export type OptionProblem = {
  /** As it was written; undefined: one is missing. */
  readonly option: string | undefined;
  /** Never holds a value that may be a secret. */
  readonly message: string;
  readonly hint: string;
};

export type ConnectionOptionsRequest = {
  readonly connector: ConnectorName;
  /** By name, in any spelling. */
  readonly options: Readonly<Record<string, string>>;
  /** False where a stored connection adds to them: nothing is missing then. */
  readonly isComplete: boolean;
};

export type ReadConnectionOptions = {
  /**
   * By their first spelling, choices in the spelling of the list, and `client_configs`, `key` and
   * `secret` as the options that they stand for. These can be laid over one another.
   */
  readonly options: Readonly<Record<string, string>>;
  /** All that is wrong. */
  readonly problems: readonly OptionProblem[];
};

/** The options of a connector that say how to connect, for a reader of CREATE TABLE. */
export function connectionOptionsOf(connector: ConnectorName): readonly ConnectionOption[] {
  return connectionOptionLists[connector];
}

/** Checks the options of a connection, each for itself and all of them together. */
export function readConnectionOptions(request: ConnectionOptionsRequest): ReadConnectionOptions {
  const known = connectionOptionLists[request.connector];
  const problems: OptionProblem[] = [];
  const written = new Map<string, string>();
  const options: Record<string, string> = {};
  for (const [name, text] of Object.entries(request.options)) {
    const option = known.find(({ spellings }) => spellings.includes(name.toLowerCase()));
    if (option === undefined) {
      problems.push(unknownOption(request.connector, name));
      continue;
    }
    const [first] = option.spellings;
    const before = written.get(first);
    if (before !== undefined) {
      const message = `${before} and ${name} are two spellings of one option.`;
      problems.push({ option: name, message, hint: 'Keep one of them.' });
    }
    written.set(first, name);
    const value = checkValue(option, name, text, problems);
    if (value !== undefined) options[first] = value;
  }
  const plain = translate(options, problems);
  const isSound = problems.length === 0;
  if (isSound) problems.push(...checkTogether({ ...request, options: plain, written }));
  return { options: plain, problems };
}

/** The value as it is kept; undefined where it is wrong, which is told. */
function checkValue(
  option: ConnectionOption,
  name: string,
  text: string,
  problems: OptionProblem[],
): string | undefined {
  const value = text.trim();
  const reference = parseSecretReference(value);
  const isReference = reference !== undefined;
  if (value === '') {
    problems.push({ option: name, message: `${name} is empty.`, hint: `${option.about}.` });
    return undefined;
  }
  if (reference?.kind === 'file' && !reference.path.startsWith('/')) {
    const message = `${name} names the file ${reference.path} without its whole path.`;
    problems.push({ option: name, message, hint: 'Give a path that begins with /.' });
    return undefined;
  }
  if (option.isSecret) {
    if (isReference) return value;
    problems.push(plainSecret(option, name));
    return undefined;
  }
  if (option.kind === 'choice') return checkChoice(option, name, value, problems);
  const isTemplate = value.search(templatePattern) >= 0;
  if (isReference || isTemplate || option.pattern === undefined || option.pattern.test(value)) {
    return value;
  }
  const message = `${name} = '${withoutPassword(value)}' is not ${option.expected}.`;
  problems.push({ option: name, message, hint: `For example: ${option.example}.` });
  return undefined;
}

/** What stands before the host of an address is not repeated. */
function withoutPassword(address: string): string {
  return address.replaceAll(/[^/,\s]*@/g, '…@');
}

/** What is written in place of a reference may be the secret itself: it is not repeated. */
function plainSecret(option: ConnectionOption, name: string): OptionProblem {
  return {
    option: name,
    message: `${name} is given as plain text, and would be stored so.`,
    hint:
      `Give a reference such as ${option.example}: also file:PATH, ssm:/path, ` +
      'secretsmanager:id#key or {{ NAME }}.',
  };
}

function checkChoice(
  option: ConnectionOption,
  name: string,
  value: string,
  problems: OptionProblem[],
): string | undefined {
  const choices = option.choices ?? [];
  const found = choices.find((choice) => fold(choice) === fold(value));
  if (found !== undefined) return found;
  const near = didYouMean(value, choices);
  const all = `It is one of: ${choices.join(', ')}.`;
  problems.push({
    option: name,
    message: `${name} = '${value}' is not a choice.`,
    hint: near === undefined ? all : `Did you mean ${near}? ${all}`,
  });
  return undefined;
}

/** SCRAM-SHA-256 is also written SCRAM_SHA_256. */
function fold(choice: string): string {
  return choice.toLowerCase().replaceAll('_', '-');
}

function unknownOption(connector: ConnectorName, name: string): OptionProblem {
  const names = connectionOptionLists[connector].flatMap(({ spellings }) => spellings);
  const near = didYouMean(name, names);
  const first = connectionOptionLists[connector].map(({ spellings }) => spellings[0]);
  return {
    option: name,
    message: `A connection of the kind ${connector} has no option "${name}".`,
    hint: near === undefined ? `It knows: ${first.join(', ')}.` : `Did you mean "${near}"?`,
  };
}

/** Options that stand for others become those; what is written itself goes before. */
function translate(
  options: Readonly<Record<string, string>>,
  problems: OptionProblem[],
): Record<string, string> {
  const { client_configs: configs, key, secret, ...plain } = options;
  const added: Record<string, string> = {};
  if (key !== undefined || secret !== undefined) {
    Object.assign(added, confluentAccess);
    if (key !== undefined) added['auth.username'] = key;
    if (secret !== undefined) added['auth.password'] = secret;
  }
  if (configs !== undefined) Object.assign(added, readConfigs(configs, problems));
  return { ...added, ...plain };
}

/** Confluent Cloud's API keys are names and passwords of SASL/PLAIN over TLS. */
const confluentAccess: Readonly<Record<string, string>> = {
  'auth.type': 'sasl',
  'auth.protocol': 'SASL_SSL',
  'auth.mechanism': 'PLAIN',
};

function readConfigs(text: string, problems: OptionProblem[]): Readonly<Record<string, string>> {
  const configs = readClientConfigs(text);
  const option = 'client_configs';
  for (const problem of configs.problems) problems.push({ option, ...problem });
  const read = readConnectionOptions({
    connector: 'kafka',
    options: configs.options,
    isComplete: false,
  });
  for (const { message, hint } of read.problems) {
    problems.push({ option, message: `client_configs: ${message}`, hint });
  }
  const hasName = read.options['auth.mechanism'] ?? read.options['auth.username'];
  return hasName === undefined ? read.options : { 'auth.type': 'sasl', ...read.options };
}
