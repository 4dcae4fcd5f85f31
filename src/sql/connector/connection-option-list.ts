/** One option that says how to connect. */
export type ConnectionOption = {
  /** The first one is the name under which it is kept. */
  readonly spellings: readonly [string, ...string[]];
  readonly kind: 'text' | 'choice';
  /** Of a choice. */
  readonly choices?: readonly string[];
  /** Only a reference is taken, never the secret itself. All other texts may be references. */
  readonly isSecret: boolean;
  /** What a text has to look like, unless it is a reference; `expected` says so in words. */
  readonly pattern?: RegExp;
  readonly expected?: string;
  readonly example: string;
  /** What it is, as a sentence without its period. */
  readonly about: string;
};

const hostPattern = /^([A-Za-z_]+:\/\/)?(\[[0-9a-fA-F:.%]+\]|[\w.-]+)(:\d{1,5})?$/;
const hostsPattern = new RegExp(
  `^\\s*${hostPattern.source.slice(1, -1)}(\\s*,\\s*${hostPattern.source.slice(1, -1)})*\\s*$`,
);
const urlPattern = /^https?:\/\/[^\s/@]+(\/\S*)?$/;
const urlText = 'an address that begins with http:// or https://, without a name or password';
const regionPattern = /^[a-z]{2,}(-[a-z]+)+-\d+$/;

/** How to sign requests to AWS: of Kinesis, and of Kafka on MSK with IAM. */
const awsOptions: readonly ConnectionOption[] = [
  text('aws_profile', 'default', 'A profile of ~/.aws/config'),
  text('aws_access_key_id', 'env:AWS_ACCESS_KEY_ID', 'An access key; else the usual chain of AWS'),
  secret('aws_secret_access_key', 'env:AWS_SECRET_ACCESS_KEY', 'The secret of the access key'),
  secret('aws_session_token', 'env:AWS_SESSION_TOKEN', 'The token of a temporary access key'),
  {
    ...text('role_arn', 'arn:aws:iam::123456789012:role/reader', 'A role to take on'),
    spellings: ['role_arn', 'aws_role_arn'],
    pattern: /^arn:aws[\w-]*:iam::\d{12}:role\/\S+$/,
    expected: 'the ARN of a role',
  },
  text('external_id', 'env:EXTERNAL_ID', 'The external id that the role asks for'),
  text('role_session_name', 'helios', "The name that the role's sessions get"),
];

const registryOptions: readonly ConnectionOption[] = [
  {
    ...text('schema_registry.endpoint', 'https://registry:8081', 'A schema registry'),
    pattern: urlPattern,
    expected: urlText,
  },
  text('schema_registry.api_key', 'env:REGISTRY_KEY', 'The name for the registry'),
  secret('schema_registry.api_secret', 'env:REGISTRY_SECRET', 'The password for the registry'),
  pem('schema_registry.ca', 'file:/etc/registry-ca.pem', "Who signed the registry's certificate"),
];

const kafkaCommon: readonly ConnectionOption[] = [
  {
    ...text('bootstrap_servers', 'broker-1:9092,broker-2:9092', 'Brokers to begin with'),
    spellings: ['bootstrap_servers', 'bootstrap.servers'],
    pattern: hostsPattern,
    expected: 'a list of HOST:PORT',
  },
  choice('auth.type', ['none', 'sasl', 'aws_msk_iam'], 'How to say who we are'),
  choice(
    'auth.protocol',
    ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    'With or without TLS; SASL_SSL unless given, or PLAINTEXT for auth.type none',
  ),
  choice(
    'auth.mechanism',
    ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'],
    'The SASL mechanism',
  ),
  text('auth.username', 'env:KAFKA_USER', 'The name for PLAIN and SCRAM'),
  secret('auth.password', 'env:KAFKA_PASSWORD', 'The password for PLAIN and SCRAM'),
  {
    ...text('auth.region', 'eu-central-1', 'The AWS region of the cluster, for aws_msk_iam'),
    pattern: regionPattern,
    expected: 'an AWS region',
  },
  {
    ...text(
      'auth.oauth.token_endpoint',
      'https://login/token',
      'Where OAUTHBEARER gets its tokens',
    ),
    pattern: urlPattern,
    expected: urlText,
  },
  text('auth.oauth.client_id', 'env:OAUTH_CLIENT', 'The client id for the token endpoint'),
  secret('auth.oauth.client_secret', 'env:OAUTH_SECRET', 'The client secret for the endpoint'),
  text('auth.oauth.scope', 'kafka', 'The scope to ask for'),
  {
    ...text(
      'auth.oauth.extensions',
      'logicalCluster=lkc-1,identityPoolId=pool-1',
      'What else OAUTHBEARER tells the broker',
    ),
    pattern: /^[A-Za-z]+=[^,=\s]+(\s*,\s*[A-Za-z]+=[^,=\s]+)*$/,
    expected: 'a list of name=value',
  },
  secret('auth.token', 'file:/run/token', 'A token for OAUTHBEARER that something else renews'),
  pem('tls.ca', 'file:/etc/kafka/ca.pem', "Who signed the brokers' certificates, as PEM"),
  pem('tls.cert', 'file:/etc/kafka/client.pem', "The client's certificate, as PEM"),
  secret('tls.key', 'file:/etc/kafka/client.key', "The key of the client's certificate, as PEM"),
  text('tls.server_name', 'kafka.internal', "The name that the brokers' certificates have"),
  text('client.id', 'helios', 'How brokers name us in their logs and quotas'),
  text('client_configs', 'security.protocol=SASL_SSL', "librdkafka's names of the above"),
  ...registryOptions,
  ...awsOptions,
];

export const connectionOptionLists: Readonly<
  Record<'kafka' | 'confluent' | 'kinesis', readonly ConnectionOption[]>
> = {
  kafka: kafkaCommon,
  confluent: [
    text('key', 'env:CONFLUENT_KEY', 'The API key of the cluster'),
    secret('secret', 'env:CONFLUENT_SECRET', 'The secret of the API key'),
    ...kafkaCommon,
  ],
  kinesis: [
    {
      ...text('aws_region', 'eu-central-1', 'The AWS region of the streams'),
      spellings: ['aws_region', 'region'],
      pattern: regionPattern,
      expected: 'an AWS region',
    },
    {
      ...text('aws_endpoint', 'http://127.0.0.1:4567', "Another address than AWS's"),
      spellings: ['aws_endpoint', 'endpoint'],
      pattern: urlPattern,
      expected: urlText,
    },
    ...awsOptions,
  ],
};

function text(name: string, example: string, about: string): ConnectionOption {
  return { spellings: [name], kind: 'text', isSecret: false, example, about };
}

function secret(name: string, example: string, about: string): ConnectionOption {
  return { spellings: [name], kind: 'text', isSecret: true, example, about };
}

/** A certificate is no secret: it may stand here itself. */
function pem(name: string, example: string, about: string): ConnectionOption {
  const expected = 'a reference, nor PEM text';
  return { ...text(name, example, about), pattern: /^-----BEGIN [A-Z ]+-----\s/, expected };
}

function choice(name: string, choices: readonly string[], about: string): ConnectionOption {
  const [example = ''] = choices;
  return { spellings: [name], kind: 'choice', choices, isSecret: false, example, about };
}
