import type { ConnectionBody } from '../../../../server/api.ts';

export type AddressKind = ConnectionBody['kind'];

export type AddressField = {
  readonly name: string;
  readonly label: string;
  readonly about?: string | undefined;
  readonly example?: string | undefined;
  readonly isSecret?: boolean;
  readonly isLong?: boolean;
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
};

type Values = (name: string) => string;

/** The fields to fill in, which depend on what was chosen in others. */
export function addressFields(kind: AddressKind, valueOf: Values): readonly AddressField[] {
  if (kind === 'kinesis')
    return [...kinesisFields(valueOf), { ...others, example: 'role_session_name = helios' }];
  if (kind === 'confluent') return [servers, ...confluentFields, others];
  return [servers, login, ...loginFields(valueOf), others];
}

const servers: AddressField = {
  name: 'servers',
  label: 'Bootstrap servers',
  about: 'One or more brokers, with commas between; the others are found through them.',
  example: 'broker-1:9092,broker-2:9092',
  isLong: true,
};

const others: AddressField = {
  name: 'more',
  label: 'More options',
  about: 'One option = value a line, by their names in SQL.',
  example: 'client.id = helios',
  isLong: true,
};

const login: AddressField = {
  name: 'login',
  label: 'Login',
  choices: [
    { value: '', label: 'None: everybody may come in' },
    { value: 'SCRAM-SHA-512', label: 'SCRAM-SHA-512: user and password' },
    { value: 'SCRAM-SHA-256', label: 'SCRAM-SHA-256: user and password' },
    { value: 'PLAIN', label: 'PLAIN: user and password' },
    { value: 'AWS_MSK_IAM', label: 'AWS IAM: Amazon MSK' },
    { value: 'OAUTHBEARER', label: 'OAUTHBEARER: a token' },
  ],
};

const region: AddressField = {
  name: 'region',
  label: 'Region',
  about: 'Empty: that of the profile, or AWS_REGION where Helios runs.',
  example: 'eu-central-1',
};

const confluentFields: readonly AddressField[] = [
  { name: 'key', label: 'API key', example: 'env:CONFLUENT_KEY' },
  {
    name: 'secret',
    label: 'Where its secret is',
    isSecret: true,
    example: 'env:CONFLUENT_SECRET',
  },
];

function loginFields(valueOf: Values): readonly AddressField[] {
  const chosen = valueOf('login');
  if (chosen === 'AWS_MSK_IAM') return [{ ...region, name: 'msk_region' }, ...awsFields(valueOf)];
  const user = [
    { name: 'username', label: 'User', example: 'reader, or env:KAFKA_USER' },
    {
      name: 'password',
      label: 'Where the password is',
      isSecret: true,
      example: 'env:KAFKA_PASSWORD',
    },
  ];
  const token = [
    {
      name: 'token_endpoint',
      label: 'Token endpoint',
      example: 'https://login/token',
      isLong: true,
    },
    { name: 'client', label: 'Client id', example: 'env:OAUTH_CLIENT' },
    {
      name: 'client_secret',
      label: 'Where its secret is',
      isSecret: true,
      example: 'env:OAUTH_SECRET',
    },
  ];
  if (chosen === '') return tlsFields(valueOf, false);
  return [...(chosen === 'OAUTHBEARER' ? token : user), ...tlsFields(valueOf, true)];
}

function tlsFields(valueOf: Values, hasLogin: boolean): readonly AddressField[] {
  const usual = hasLogin ? 'tls' : 'plain';
  const choices = [
    { value: 'tls', label: 'Yes' },
    { value: 'plain', label: hasLogin ? 'No: the password goes in the clear' : 'No' },
  ].toSorted((one, other) => Number(other.value === usual) - Number(one.value === usual));
  const tls: AddressField = { name: 'tls', label: 'Over TLS', choices };
  if ((valueOf('tls') || usual) !== 'tls') return [tls];
  const authority = {
    name: 'ca',
    label: 'Own authority',
    about: 'Who signed the brokers’ certificates, where no public authority did.',
    example: 'file:/etc/kafka/ca.pem',
  };
  return [tls, authority];
}

function kinesisFields(valueOf: Values): readonly AddressField[] {
  const endpoint = {
    name: 'endpoint',
    label: 'Endpoint',
    about: 'Empty: Amazon’s. An emulator or a VPC endpoint has another.',
    example: 'http://127.0.0.1:4567',
  };
  return [region, endpoint, ...awsFields(valueOf)];
}

function awsFields(valueOf: Values): readonly AddressField[] {
  const how: AddressField = {
    name: 'credentials',
    label: 'Credentials',
    isLong: true,
    choices: [
      { value: '', label: 'From the machine: its role, variables, or ~/.aws' },
      { value: 'profile', label: 'A profile of ~/.aws' },
      { value: 'role', label: 'Take on a role' },
      { value: 'key', label: 'An access key, by reference' },
    ],
  };
  return [how, ...(credentialFields[valueOf('credentials')] ?? [])];
}

const credentialFields: Readonly<Record<string, readonly AddressField[]>> = {
  profile: [{ name: 'profile', label: 'Profile', example: 'default' }],
  role: [
    {
      name: 'role',
      label: 'Role',
      example: 'arn:aws:iam::123456789012:role/reader',
      isLong: true,
    },
    { name: 'external', label: 'External id', about: 'Where the role asks for one.' },
  ],
  key: [
    { name: 'key_id', label: 'Access key id', example: 'env:AWS_ACCESS_KEY_ID' },
    {
      name: 'secret_key',
      label: 'Where its secret is',
      isSecret: true,
      example: 'env:AWS_SECRET_ACCESS_KEY',
    },
    {
      name: 'session_token',
      label: 'Where its token is',
      about: 'Of a temporary key.',
      isSecret: true,
      example: 'env:AWS_SESSION_TOKEN',
    },
  ],
};

/** Options of the fields that are shown, as SQL calls them. */
export function addressOptions(
  kind: AddressKind,
  valueOf: Values,
): Readonly<Record<string, string>> {
  const shown = new Set(addressFields(kind, valueOf).map(({ name }) => name));
  const options: Record<string, string> = {};
  for (const name of shown) {
    const option = optionNames[name];
    const value = valueOf(name).trim();
    if (option !== undefined && value !== '') options[option] = value;
  }
  if (kind === 'kafka') Object.assign(options, loginOptions(valueOf));
  for (const line of valueOf('more').split('\n')) {
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) options[name] = value;
  }
  return options;
}

/** Lines of `more` that say no option. */
export function oddLines(more: string): readonly string[] {
  return more.split('\n').filter((line) => line.trim() !== '' && !/^\s*[^=\s]+\s*=/.test(line));
}

/** What fields give, as SQL calls it. */
export const optionNames: Readonly<Record<string, string>> = {
  servers: 'bootstrap_servers',
  username: 'auth.username',
  password: 'auth.password',
  key: 'key',
  secret: 'secret',
  endpoint: 'aws_endpoint',
  profile: 'aws_profile',
  role: 'role_arn',
  external: 'external_id',
  key_id: 'aws_access_key_id',
  secret_key: 'aws_secret_access_key',
  session_token: 'aws_session_token',
  region: 'aws_region',
  msk_region: 'auth.region',
  token_endpoint: 'auth.oauth.token_endpoint',
  client: 'auth.oauth.client_id',
  client_secret: 'auth.oauth.client_secret',
  ca: 'tls.ca',
};

function loginOptions(valueOf: Values): Readonly<Record<string, string>> {
  const mechanism = valueOf('login');
  if (mechanism === 'AWS_MSK_IAM') {
    return { 'auth.type': 'aws_msk_iam' };
  }
  const hasLogin = mechanism !== '';
  const isTls = (valueOf('tls') || (hasLogin ? 'tls' : 'plain')) === 'tls';
  const protocol = `${hasLogin ? 'SASL_' : ''}${isTls ? 'SSL' : 'PLAINTEXT'}`;
  if (!hasLogin) return { 'auth.protocol': protocol };
  return { 'auth.type': 'sasl', 'auth.mechanism': mechanism, 'auth.protocol': protocol };
}
