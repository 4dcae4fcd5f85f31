import { type AddressKind, addressFields, optionNames } from './address.ts';

/**
 * The server's words with the form's: options that a field gives are called by its label, others
 * are under More options.
 */
export function inFieldWords(kind: AddressKind, words: string): string {
  const labels = labelsOf(kind);
  return words
    .replaceAll(/auth\.protocol to (?:SASL_)?SSL\b/g, '“Over TLS” to Yes')
    .replaceAll(/auth\.protocol to (?:SASL_)?PLAINTEXT\b/g, '“Over TLS” to No')
    .replaceAll('auth.type and auth.mechanism', '“Login”')
    .replaceAll('aws_region (for Kafka: auth.region)', 'aws_region')
    .replaceAll(optionPattern, (option) => {
      const label = labels.get(option);
      return label === undefined ? `${option} (under “More options”)` : `“${label}”`;
    });
}

/** Names without a point or a line are words of the language, too. */
const optionPattern =
  /(?<![\w.])(?:(auth|tls)(\.[a-z_]+)+|aws_[a-z_]+|bootstrap_servers|role_arn|external_id)/g;

/** By option: the label of the field that gives it, whatever else must be chosen to see it. */
function labelsOf(kind: AddressKind): ReadonlyMap<string, string> {
  const labels = new Map<string, string>(kind === 'kafka' ? kafkaChoices : []);
  for (const login of ['', 'PLAIN', 'OAUTHBEARER', 'AWS_MSK_IAM']) {
    for (const credentials of ['', 'profile', 'role', 'key']) {
      const chosen: Readonly<Record<string, string>> = { login, credentials, tls: 'tls' };
      for (const { name, label } of addressFields(kind, (field) => chosen[field] ?? '')) {
        const option = optionNames[name];
        if (option !== undefined) labels.set(option, label);
      }
    }
  }
  if (kind !== 'confluent') return labels;
  return labels.set('auth.username', 'API key').set('auth.password', 'Where its secret is');
}

const kafkaChoices = [
  ['auth.type', 'Login'],
  ['auth.mechanism', 'Login'],
  ['auth.protocol', 'Over TLS'],
] as const;
