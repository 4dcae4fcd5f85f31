import type { ConnectionOptionsRequest, OptionProblem } from './connection-options.ts';

type Together = ConnectionOptionsRequest & {
  /** First spelling → the one that was used. */
  readonly written: ReadonlyMap<string, string>;
};

/** What is wrong with options that are right each for itself. */
export function checkTogether(request: Together): readonly OptionProblem[] {
  const together = new Rules(request);
  if (request.connector === 'kinesis') checkAws(together, 'aws_region');
  else checkKafka(together);
  return together.problems;
}

class Rules {
  readonly problems: OptionProblem[] = [];
  readonly #request: Together;

  constructor(request: Together) {
    this.#request = request;
  }

  value(name: string): string | undefined {
    return this.#request.options[name];
  }

  /** Reports options that go with something else than what is given. */
  misplaced(names: readonly string[], message: string, hint: string): void {
    for (const name of names) {
      if (this.value(name) === undefined) continue;
      const option = this.#request.written.get(name) ?? name;
      this.problems.push({ option, message: `${option} ${message}`, hint });
    }
  }

  /** Reports an option that is not there, unless a stored connection may have it. */
  needs(name: string, why: string, example: string): void {
    if (!this.#request.isComplete || this.value(name) !== undefined) return;
    const hint = `For example: ${name} = ${example}.`;
    this.problems.push({
      option: undefined,
      message: `The option ${name} is missing${why}.`,
      hint,
    });
  }

  /** Reports the one of two options that is there alone. */
  pair(first: string, second: string): void {
    if (this.value(first) === undefined && this.value(second) === undefined) return;
    this.needs(first, `: it goes with ${second}`, 'env:NAME');
    this.needs(second, `: it goes with ${first}`, 'env:NAME');
  }

  get isComplete(): boolean {
    return this.#request.isComplete;
  }
}

function checkKafka(rules: Rules): void {
  rules.needs('bootstrap_servers', '', 'broker-1:9092,broker-2:9092');
  rules.pair('tls.cert', 'tls.key');
  rules.pair('schema_registry.api_key', 'schema_registry.api_secret');
  const type = rules.value('auth.type') ?? (rules.isComplete ? 'none' : undefined);
  checkProtocol(rules, type);
  switch (type) {
    case 'none':
      rules.misplaced(
        [...signingOptions, ...saslOptions, 'auth.region', ...awsNames],
        'does nothing without auth.type.',
        "Set auth.type to 'sasl', or to 'aws_msk_iam'.",
      );
      return;
    case 'aws_msk_iam':
      rules.misplaced(
        [...signingOptions, ...saslOptions],
        'does nothing with auth.type aws_msk_iam.',
        "Leave it out, or set auth.type to 'sasl'.",
      );
      checkAws(rules, 'auth.region');
      return;
    case 'sasl':
      rules.misplaced(
        ['auth.region', ...awsNames],
        'does nothing with auth.type sasl.',
        "Leave it out, or set auth.type to 'aws_msk_iam'.",
      );
      checkSasl(rules);
      return;
    default:
  }
}

const signingOptions = ['auth.mechanism', 'auth.username', 'auth.password'];
const endpointOptions = [
  'auth.oauth.token_endpoint',
  'auth.oauth.client_id',
  'auth.oauth.client_secret',
  'auth.oauth.scope',
];
const saslOptions = ['auth.token', 'auth.oauth.extensions', ...endpointOptions];
const awsNames = [
  'aws_profile',
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'role_arn',
  'external_id',
  'role_session_name',
];

function checkProtocol(rules: Rules, type: string | undefined): void {
  const protocol = rules.value('auth.protocol');
  if (protocol === undefined) return;
  const isSasl = protocol.startsWith('SASL_');
  if (type === 'none' && isSasl) {
    rules.misplaced(['auth.protocol'], 'is one of SASL.', "Set auth.type to 'sasl'.");
  }
  if ((type === 'sasl' || type === 'aws_msk_iam') && !isSasl) {
    const hint = 'Set it to SASL_SSL; SASL_PLAINTEXT sends everything in the clear.';
    rules.misplaced(['auth.protocol'], 'has no SASL.', hint);
  }
  if (type === 'aws_msk_iam' && protocol === 'SASL_PLAINTEXT') {
    const hint = 'Leave it out: MSK takes IAM over SASL_SSL only.';
    rules.misplaced(['auth.protocol'], 'has no TLS.', hint);
  }
  if (!protocol.endsWith('PLAINTEXT')) return;
  const hint = `Set auth.protocol to ${isSasl ? 'SASL_SSL' : 'SSL'}, or leave it out.`;
  const names = ['tls.ca', 'tls.cert', 'tls.key', 'tls.server_name'];
  rules.misplaced(names, `does nothing with the protocol ${protocol}.`, hint);
}

function checkSasl(rules: Rules): void {
  rules.needs('auth.mechanism', ' for auth.type sasl', 'SCRAM-SHA-512');
  const mechanism = rules.value('auth.mechanism');
  if (mechanism === undefined) return;
  if (mechanism !== 'OAUTHBEARER') {
    const hint = 'Leave it out, or set auth.mechanism to OAUTHBEARER.';
    rules.misplaced(saslOptions, `does nothing with ${mechanism}.`, hint);
    rules.needs('auth.username', ` for ${mechanism}`, 'env:KAFKA_USER');
    rules.needs('auth.password', ` for ${mechanism}`, 'env:KAFKA_PASSWORD');
    return;
  }
  const hint = 'Leave it out: OAUTHBEARER takes auth.token or auth.oauth.….';
  rules.misplaced(['auth.username', 'auth.password'], 'does nothing with OAUTHBEARER.', hint);
  if (rules.value('auth.token') !== undefined) {
    const both = 'Keep auth.token, or a token endpoint.';
    rules.misplaced(endpointOptions, 'does nothing beside auth.token.', both);
    return;
  }
  rules.needs('auth.oauth.token_endpoint', ' (or auth.token)', 'https://login/token');
  rules.needs('auth.oauth.client_id', ' for the token endpoint', 'env:OAUTH_CLIENT');
  rules.needs('auth.oauth.client_secret', ' for the token endpoint', 'env:OAUTH_SECRET');
}

/** The region may come from the environment or the profile, so that it isn't needed here. */
function checkAws(rules: Rules, region: string): void {
  rules.pair('aws_access_key_id', 'aws_secret_access_key');
  if (rules.value('aws_access_key_id') !== undefined) {
    const hint = `Keep one of them; ${region} says where.`;
    rules.misplaced(['aws_profile'], 'does nothing beside an access key.', hint);
  } else if (rules.isComplete) {
    const hint = 'Add the access key that it belongs to.';
    rules.misplaced(['aws_session_token'], 'does nothing without an access key.', hint);
  }
  if (rules.value('role_arn') === undefined && rules.isComplete) {
    const hint = 'Add role_arn.';
    rules.misplaced(['external_id', 'role_session_name'], 'does nothing without role_arn.', hint);
  }
}
