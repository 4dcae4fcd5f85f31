import { didYouMeanHint } from '../../base/did-you-mean.ts';
import { HeliosError } from '../../base/errors.ts';
import { checkedOptions } from '../../connection/check/check-options.ts';
import type { ConnectionAnswer, ConnectionBody } from '../../server/api.ts';
import { parseSecretReference } from '../../sql/connector/secret-reference.ts';
import { type ConnectionFlags, connectionOf } from '../connection-flags.ts';
import { eachWithProgress } from '../client/each-with-progress.ts';
import { withFlags } from '../discovery/flag-words.ts';
import { stepLines, type TestStep } from '../discovery/step-lines.ts';
import type { Choice } from './asker.ts';
import { freeName } from './free-name.ts';
import type { ConnectFlags, Direction, Journey, Step, StepEnd } from './journey.ts';

/** A connection that is kept already, or a kind of a new one. */
const chooseConnection: Step = async (journey) => {
  const { asker, flags, api } = journey;
  const known = await api.connections();
  if (!asker.isInteractive) checkName(flags, known);
  const named = known.find(({ name }) => name.toLowerCase() === flags.connection?.toLowerCase());
  if (named !== undefined && journey.connection === undefined) {
    checkSame(journey, named);
    journey.connection = named.name;
    return 'next';
  }
  await journey.forgetConnection();
  const kept = known.map(({ name, kind, options }) => ({
    value: `${keptPrefix}${name}`,
    label: `${name}, which is kept`,
    hint: options['bootstrap_servers'] ?? options['aws_endpoint'] ?? options['aws_region'] ?? kind,
  }));
  const question = { flag: 'kind', message: 'What do you want to read?', initial: journey.kind };
  const answer = await asker.choose(question, [...kept, ...kinds]);
  if (answer.startsWith(keptPrefix)) journey.connection = answer.slice(keptPrefix.length);
  else journey.kind = kindOf(answer);
  return 'next';
};

/** A name that is unknown is a new one's only where something says what it leads to. */
function checkName(flags: ConnectFlags, known: readonly ConnectionAnswer[]): void {
  const { connection: name, kind, bootstrapServers } = flags;
  const names = known.map((one) => one.name);
  const isKnown = names.some((one) => one.toLowerCase() === name?.toLowerCase());
  if (name === undefined || isKnown || kind !== undefined || bootstrapServers !== undefined) return;
  const advice = 'For a new one, say its kind: helios connect kafka --connection NAME …';
  throw new HeliosError('not_found', `There is no connection named ${name}.`, {
    hint: [didYouMeanHint(name, names), advice].filter((part) => part !== undefined).join(' '),
  });
}

/** An address beside the name of a connection that leads elsewhere would be passed over. */
function checkSame({ scope, flags }: Journey, named: ConnectionAnswer): void {
  const { connection: _, ...address } = flags;
  const isGiven = addressFlags.some((flag) => address[flag] !== undefined);
  if (!isGiven) return;
  const wanted = connectionOf(scope, { kind: named.kind, ...withoutNone(address) });
  if (isSame(wanted, named)) return;
  throw new HeliosError('conflict', `The connection ${named.name} has other settings than these.`, {
    hint:
      `Leave the address out to use it (helios connection show ${named.name}), or choose another ` +
      '--connection name.',
  });
}

const addressFlags = [
  'bootstrapServers',
  'mechanism',
  'username',
  'password',
  'tls',
  'ca',
  'cert',
  'key',
  'region',
  'endpoint',
  'profile',
  'roleArn',
  'externalId',
  'option',
] as const satisfies readonly (keyof ConnectionFlags)[];

/** Whether both lead to the same in the same way. */
function isSame(wanted: Omit<ConnectionBody, 'name'>, kept: ConnectionAnswer): boolean {
  const kind = wanted.kind === 'kinesis' ? 'kinesis' : 'kafka';
  const options = checkedOptions(wanted.kind, wanted.options);
  const names = Object.keys({ ...options, ...kept.options });
  return kind === kept.kind && names.every((name) => options[name] === kept.options[name]);
}

/** No kind begins so. */
const keptPrefix = ':';

const kinds: readonly Choice[] = [
  { value: 'kafka', label: 'Kafka', hint: 'Apache Kafka, Amazon MSK, Redpanda …' },
  { value: 'confluent', label: 'Confluent Cloud' },
  { value: 'kinesis', label: 'Kinesis', hint: 'Amazon Kinesis Data Streams' },
];

function kindOf(answer: string): ConnectionBody['kind'] {
  return answer === 'confluent' || answer === 'kinesis' ? answer : 'kafka';
}

/** Where it is, and who may come in. */
const askAddress: Step = async (journey) => {
  if (journey.connection !== undefined && !journey.isNewConnection) return 'skip';
  await journey.forgetConnection();
  const kind = journey.kind ?? 'kafka';
  const asked = kind === 'kinesis' ? await askKinesis(journey) : await askKafka(journey, kind);
  journey.address = { ...withoutNone(journey.flags), ...asked, kind };
  return 'next';
};

async function askKafka(
  { asker, address }: Journey,
  kind: 'kafka' | 'confluent',
): Promise<ConnectionFlags> {
  const bootstrapServers = await asker.text({
    flag: 'bootstrap-servers',
    message: 'Bootstrap servers',
    initial: address.bootstrapServers,
    example: '127.0.0.1:9092',
    problem: required,
  });
  const isConfluent = kind === 'confluent';
  const mechanism = isConfluent
    ? undefined
    : await asker.choose(
        { flag: 'mechanism', message: 'Login', initial: address.mechanism ?? 'none' },
        mechanisms,
      );
  const where = { bootstrapServers, ...(isNamed(mechanism) ? { mechanism } : {}) };
  if (mechanism === 'AWS_MSK_IAM') {
    return { ...where, ...blankOut({ region: await askRegion(asker, address) }) };
  }
  const hasLogin = isConfluent || isNamed(mechanism);
  const login = hasLogin ? await askLogin({ asker, address }, isConfluent) : {};
  return { ...where, ...login, ...(isConfluent ? {} : await askTls({ asker, address }, hasLogin)) };
}

/** The word for no login is no mechanism. */
function withoutNone(flags: ConnectionFlags): ConnectionFlags {
  const { mechanism, ...others } = flags;
  return mechanism === undefined || mechanism === 'none' ? others : flags;
}

function isNamed(mechanism: string | undefined): mechanism is string {
  return mechanism !== undefined && mechanism !== 'none';
}

const mechanisms: readonly Choice[] = [
  { value: 'none', label: 'None', hint: 'everybody may come in' },
  { value: 'SCRAM-SHA-512', label: 'SCRAM-SHA-512', hint: 'a user and a password' },
  { value: 'SCRAM-SHA-256', label: 'SCRAM-SHA-256' },
  { value: 'PLAIN', label: 'PLAIN' },
  { value: 'AWS_MSK_IAM', label: 'AWS IAM', hint: 'Amazon MSK' },
  { value: 'OAUTHBEARER', label: 'OAUTHBEARER', hint: 'its options with -o' },
];

type Asked = Pick<Journey, 'asker' | 'address'>;

async function askLogin({ asker, address }: Asked, isConfluent: boolean): Promise<ConnectionFlags> {
  const username = await asker.text({
    flag: 'username',
    message: isConfluent ? 'API key' : 'User',
    initial: address.username,
    problem: required,
  });
  const password = await asker.text({
    flag: 'password',
    message: 'Where the password is (never the password itself)',
    initial: address.password,
    example: 'env:KAFKA_PASSWORD, file:PATH, ssm:/path or secretsmanager:id#key',
    problem: notReference,
  });
  return { username, password };
}

async function askTls({ asker, address }: Asked, hasLogin: boolean): Promise<ConnectionFlags> {
  const usual = address.tls ?? hasLogin;
  const question = { flag: 'tls', message: 'Over TLS?', initial: usual ? 'yes' : 'no' };
  const answer = await asker.choose(question, [
    { value: 'yes', label: 'Yes' },
    { value: 'no', label: 'No', ...(hasLogin ? { hint: 'the password goes in the clear' } : {}) },
  ]);
  return { tls: answer === 'yes' };
}

async function askKinesis({ asker, address }: Journey): Promise<ConnectionFlags> {
  const region = await askRegion(asker, address);
  const endpoint = await asker.text({
    flag: 'endpoint',
    message: 'Endpoint (empty: AWS)',
    initial: address.endpoint ?? '',
    example: 'http://127.0.0.1:4567',
  });
  const profile = await asker.text({
    flag: 'profile',
    message: 'Profile of ~/.aws (empty: the usual credentials where Helios runs)',
    initial: address.profile ?? '',
  });
  return blankOut({ region, endpoint, profile });
}

async function askRegion(asker: Journey['asker'], { region }: ConnectionFlags): Promise<string> {
  return await asker.text({
    flag: 'region',
    message: "Region (empty: the profile's, or AWS_REGION)",
    initial: region ?? '',
    example: 'eu-central-1',
  });
}

/** What was left empty was not said. */
function blankOut(typed: Readonly<Record<string, string>>): ConnectionFlags {
  return Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== ''));
}

function required(typed: string): string | undefined {
  return typed === '' ? 'It is needed.' : undefined;
}

function notReference(typed: string): string | undefined {
  if (parseSecretReference(typed) !== undefined) return undefined;
  return 'Write env:NAME, file:PATH, ssm:/path or secretsmanager:id#key.';
}

/** DNS, TCP, TLS, login … each with its reason where it fails. */
const tryConnection: Step = async (journey, direction) => {
  if (direction === 'back') return 'skip';
  const { api, asker, flags, scope, connection } = journey;
  const tried = connection ?? checked(journey);
  // Who can choose may choose another one: a name that is wrong is no failure of the connection.
  const stream = asker.isInteractive ? undefined : flags.stream;
  let failed: TestStep | undefined;
  for await (const step of eachWithProgress(scope, api.test(tried, stream))) {
    if (failed !== undefined) continue;
    const lines = stepLines(step, (look, text) => scope.output.paintTalk(look, text));
    for (const line of lines) scope.output.talk(line);
    if (step.outcome === 'failed') failed = step;
  }
  if (failed === undefined) return 'next';
  if (!asker.isInteractive) {
    const message = `The connection does not work. ${failed.step}: ${failed.message}`;
    const hint = `${withFlags(failed.hint ?? '')} Nothing was made.`.trim();
    throw new HeliosError('unreachable', message, { hint });
  }
  return (await journey.afterFailure()) === 'back' ? 'back' : await tryConnection(journey, 'next');
};

/** Checked before it is sent: a password that was typed by mistake stays here. */
function checked(journey: Journey): Omit<ConnectionBody, 'name'> {
  const body = connectionOf(journey.scope, journey.address);
  checkedOptions(body.kind, body.options);
  return body;
}

/** Keeps a new connection under a name, unless there is one that is the same. */
const keepConnection = async (journey: Journey, direction: Direction): Promise<StepEnd> => {
  if (journey.connection !== undefined || direction === 'back') return 'skip';
  const { api, asker, flags, scope } = journey;
  const known = await api.connections();
  const body = checked(journey);
  const same = known.find((one) => isSame(body, one));
  if (same !== undefined && flags.connection === undefined) {
    scope.output.talk(`The connection ${same.name} has the same settings: it is used.`);
    journey.connection = same.name;
    return 'next';
  }
  const taken = known.map(({ name }) => name.toLowerCase());
  const name = await asker.text({
    flag: 'connection',
    message: 'Name of the connection',
    initial: freeName(journey.kind ?? 'kafka', taken),
    problem: required,
  });
  const made = await api.createConnection({ name, ...body });
  journey.connection = made.name;
  journey.isNewConnection = true;
  return 'next';
};

export const connectionSteps: readonly Step[] = [
  chooseConnection,
  askAddress,
  tryConnection,
  keepConnection,
];
