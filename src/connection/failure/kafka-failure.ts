import { HeliosError, type ErrorCode } from '../../base/errors.ts';
import { causesOf, quoted, textOf } from './causes.ts';
import { networkFailure } from './network-failure.ts';

export type KafkaPlace = {
  readonly kind: 'kafka';
  /** HOST:PORT, or the list of brokers to begin with. */
  readonly address: string;
  /** As the options say: `SCRAM-SHA-512`, `AWS_MSK_IAM`; undefined: without SASL. */
  readonly mechanism: string | undefined;
  readonly topic?: string | undefined;
  readonly group?: string | undefined;
  /** What was tried on the topic. */
  readonly operation?: KafkaOperation | undefined;
};

export type KafkaOperation =
  | 'Read'
  | 'Describe'
  | 'Write'
  | 'Create'
  | 'Delete'
  | 'Alter'
  | 'AlterConfigs';

/**
 * Among the errors of a Kafka client, the one that says most; undefined: none is of Kafka. Where
 * several servers were tried, what became of each.
 */
export function kafkaFailure(causes: readonly Error[], place: KafkaPlace): HeliosError | undefined {
  const failures = failuresByServer(causes, place);
  const [first, ...others] = failures;
  if (first === undefined) return failureOf(causes, place);
  if (others.length === 0) return first;
  // One that refused says more than one at which nothing listens.
  const main = failures.find(({ details }) => details?.['system_code'] === undefined) ?? first;
  const { code, hint, details } = main;
  const ordered = [main, ...failures.filter((one) => one !== main)];
  const message = ordered.map((one) => one.message).join(' ');
  return new HeliosError(code, message, { hint, details });
}

/** Of a list that is tried in turn, most servers are enough. */
const serversMax = 5;

/** The client names the server in the error of each connection that could not be made. */
function failuresByServer(causes: readonly Error[], place: KafkaPlace): readonly HeliosError[] {
  const failures = new Map<string, HeliosError>();
  for (const cause of causes) {
    const [, address] =
      /^Connection to (\S+:\d+) (?:failed|timed out)\.$/.exec(cause.message) ?? [];
    if (address === undefined || failures.has(address) || failures.size === serversMax) continue;
    const found = failureOf(causesOf(cause), { ...place, address });
    if (found !== undefined) failures.set(address, found);
  }
  return [...failures.values()];
}

function failureOf(causes: readonly Error[], place: KafkaPlace): HeliosError | undefined {
  const answer = causes.find((cause) => textOf(cause, 'apiId') !== undefined);
  if (answer !== undefined) return answerFailure(answer, causes, place);
  // The last one is the reason, those before it are what failed because of it.
  const refusal = causes.findLast((cause) => textOf(cause, 'code') === 'PLT_KFK_AUTHENTICATION');
  if (refusal !== undefined) return refused(place, refusal.message);
  const plain = causes.find((cause) => cause.message === 'Broker requires TLS.');
  if (plain !== undefined) return needsTls(place);
  const noTls = causes.find((cause) => cause.message.startsWith('TLS handshake failed.'));
  if (noTls !== undefined) return hasNoTls(place);
  const unknownTopic = causes.find((cause) => cause.message.startsWith('Unknown topic '));
  if (unknownTopic !== undefined) return missingTopic(place);
  const network = networkFailure(causes, { address: place.address, caOption: 'tls.ca' });
  return network ?? clientFailure(causes, place);
}

/** What the broker answered, by Kafka's name of the error. */
function answerFailure(answer: Error, causes: readonly Error[], place: KafkaPlace): HeliosError {
  const id = textOf(answer, 'apiId') ?? '';
  const said = textOf(answer, 'serverErrorMessage') ?? answer.message;
  switch (id) {
    case 'SASL_AUTHENTICATION_FAILED':
      return refused(place, said);
    case 'UNSUPPORTED_SASL_MECHANISM':
      return otherMechanism(causes, place);
    case 'ILLEGAL_SASL_STATE':
      return failure('access_refused', `${place.address} does not take SASL on this port.`, {
        hint: 'Use the port for SASL, or set auth.type to none.',
      });
    case 'TOPIC_AUTHORIZATION_FAILED':
    case 'GROUP_AUTHORIZATION_FAILED':
    case 'CLUSTER_AUTHORIZATION_FAILED':
    case 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED':
      return notAllowed(id, place);
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'UNKNOWN_TOPIC_ID':
      return missingTopic(place);
    default:
      return otherAnswer(id, said, place);
  }
}

function otherAnswer(id: string, said: string, place: KafkaPlace): HeliosError {
  const { code, hint } = otherAnswers[id] ?? {
    code: 'unreachable',
    hint: 'It is tried again. If it stays, look at the log of the broker.',
  };
  const what = place.topic === undefined ? '' : ` about the topic "${place.topic}"`;
  const message = `${place.address} answered ${id}${what}: ${quoted(said)}.`;
  return failure(code, message, { hint, details: { kafka_error: id } });
}

const otherAnswers: Readonly<Record<string, { readonly code: ErrorCode; readonly hint: string }>> =
  {
    OFFSET_OUT_OF_RANGE: {
      code: 'position_lost',
      hint: 'The records at this position were deleted. Choose where to go on.',
    },
    INCONSISTENT_TOPIC_ID: {
      code: 'source_replaced',
      hint: 'The topic was deleted and made anew. Choose where to go on.',
    },
    INVALID_TOPIC_EXCEPTION: {
      code: 'invalid_config',
      hint: 'Names of topics have letters, digits, ".", "_" and "-", and at most 249 of them.',
    },
    MESSAGE_TOO_LARGE: {
      code: 'too_large',
      hint: "Raise the topic's max.message.bytes, or send smaller records.",
    },
    RECORD_LIST_TOO_LARGE: {
      code: 'too_large',
      hint: "Raise the topic's segment.bytes, or send smaller batches.",
    },
    THROTTLING_QUOTA_EXCEEDED: {
      code: 'throttled',
      hint: 'A quota of the cluster was used up. It is tried again.',
    },
    UNSUPPORTED_VERSION: {
      code: 'invalid_config',
      hint: 'The broker is too old, or too new. Apache Kafka 2.4 and later work.',
    },
    POLICY_VIOLATION: {
      code: 'invalid_config',
      hint: 'A policy of the cluster forbids it. Ask whoever runs the cluster.',
    },
  };

function refused(place: KafkaPlace, said: string): HeliosError {
  const mechanism = place.mechanism ?? 'the connection';
  const message = `${place.address} refused ${mechanism}: ${quoted(said)}.`;
  return failure('access_refused', message, { hint: refusalHint(place.mechanism) });
}

function refusalHint(mechanism: string | undefined): string {
  switch (mechanism) {
    case 'AWS_MSK_IAM':
      return 'Allow kafka-cluster:Connect on the cluster to this identity, and check auth.region.';
    case 'OAUTHBEARER':
      return 'Check that the token is for this cluster: its scope, audience and expiry.';
    case undefined:
      return 'The broker may want SASL: set auth.type and auth.mechanism.';
    default:
      return (
        'Check auth.username and what the reference in auth.password leads to, ' +
        `and that the user exists for ${mechanism}.`
      );
  }
}

/** The broker's answer lists the mechanisms that it takes. */
function otherMechanism(causes: readonly Error[], place: KafkaPlace): HeliosError {
  const responses = causes.map((cause): unknown => Reflect.get(cause, 'response'));
  const mechanisms = responses.flatMap(mechanismsIn);
  const list = mechanisms.length === 0 ? '' : ` It takes: ${mechanisms.join(', ')}.`;
  const message = `${place.address} does not take the mechanism ${place.mechanism}.${list}`;
  return failure('access_refused', message, {
    hint: 'Set auth.mechanism to one that it takes, or use the port for this one.',
  });
}

function mechanismsIn(response: unknown): readonly string[] {
  if (typeof response !== 'object' || response === null) return [];
  const mechanisms: unknown = Reflect.get(response, 'mechanisms');
  return Array.isArray(mechanisms) ? mechanisms.map(String) : [];
}

function notAllowed(id: string, place: KafkaPlace): HeliosError {
  const isGroup = id.startsWith('GROUP');
  const operation = isGroup ? 'Read' : (place.operation ?? 'Describe');
  const resource = resourceOf(id, place);
  const message = `${place.address} does not allow ${operation} on ${resource.text}.`;
  const hint =
    place.mechanism === 'AWS_MSK_IAM'
      ? `Allow ${iamActions(id, operation)} on it to this identity.`
      : `Add an ACL: kafka-acls --add --allow-principal User:NAME ` +
        `--operation ${operation} ${resource.flag}.`;
  return failure('access_refused', message, { hint, details: { kafka_error: id } });
}

function resourceOf(
  id: string,
  { topic, group }: KafkaPlace,
): { readonly text: string; readonly flag: string } {
  if (id.startsWith('GROUP')) {
    const name = group ?? 'NAME';
    return { text: `the group "${name}"`, flag: `--group '${name}'` };
  }
  if (id.startsWith('TOPIC')) {
    const name = topic ?? 'NAME';
    return { text: `the topic "${name}"`, flag: `--topic '${name}'` };
  }
  if (id.startsWith('TRANSACTIONAL')) {
    return { text: 'the transactional id', flag: "--transactional-id '*'" };
  }
  return { text: 'the cluster', flag: '--cluster' };
}

function iamActions(id: string, operation: KafkaOperation): string {
  if (id.startsWith('GROUP')) return 'kafka-cluster:DescribeGroup and kafka-cluster:AlterGroup';
  if (id.startsWith('CLUSTER')) return 'kafka-cluster:DescribeCluster';
  const actions: Readonly<Record<KafkaOperation, string>> = {
    Describe: 'kafka-cluster:DescribeTopic',
    Read: 'kafka-cluster:DescribeTopic and kafka-cluster:ReadData',
    Write: 'kafka-cluster:DescribeTopic and kafka-cluster:WriteData',
    Create: 'kafka-cluster:CreateTopic',
    Delete: 'kafka-cluster:DeleteTopic',
    Alter: 'kafka-cluster:AlterTopic',
    AlterConfigs: 'kafka-cluster:AlterTopicDynamicConfiguration',
  };
  return actions[operation];
}

function missingTopic({ topic, address }: KafkaPlace): HeliosError {
  const name = topic === undefined ? 'The topic' : `The Kafka topic "${topic}"`;
  return failure('stream_missing', `${name} does not exist on ${address}.`, {
    hint: 'Check the name, or create it. To users who may not see a topic it looks so too.',
  });
}

function needsTls({ address, mechanism }: KafkaPlace): HeliosError {
  const protocol = mechanism === undefined ? 'SSL' : 'SASL_SSL';
  return failure('unreachable', `${address} speaks TLS, and the connection does not.`, {
    hint: `Set auth.protocol to ${protocol}, or use the port without TLS.`,
  });
}

function hasNoTls({ address, mechanism }: KafkaPlace): HeliosError {
  const protocol = mechanism === undefined ? 'PLAINTEXT' : 'SASL_PLAINTEXT';
  return failure('unreachable', `${address} does not speak TLS, and the connection does.`, {
    hint: `Use the port for TLS, or set auth.protocol to ${protocol}.`,
  });
}

/** What the client found out by itself: time that ran out, sockets that were closed. */
function clientFailure(causes: readonly Error[], place: KafkaPlace): HeliosError | undefined {
  const messages = causes.filter(isOfClient).map(({ message }) => message);
  if (messages.length === 0) return undefined;
  if (messages.some((message) => message.includes('timed out'))) {
    return failure('unreachable', `${place.address} did not answer in time.`, {
      hint: 'Check that the addresses which the brokers advertise are reachable from here.',
    });
  }
  if (messages.some((message) => message.includes('closed'))) {
    return failure('unreachable', `${place.address} closed the connection.`, {
      hint:
        'It may stop or start. A broker also does so when the port is for another protocol: ' +
        'check auth.type and auth.protocol, and tls.cert where it wants one.',
    });
  }
  return failure('unreachable', `Talking to ${place.address} failed: ${quoted(last(messages))}.`, {
    hint: 'It is tried again. If it stays, look at the log of the broker.',
  });
}

function isOfClient(error: Error): boolean {
  return textOf(error, 'code')?.startsWith('PLT_KFK_') === true;
}

function last(messages: readonly string[]): string {
  return messages.at(-1) ?? '';
}

function failure(
  code: ErrorCode,
  message: string,
  fields: { readonly hint: string; readonly details?: Readonly<Record<string, unknown>> },
): HeliosError {
  return new HeliosError(code, message, fields);
}
