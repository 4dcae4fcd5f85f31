import { didYouMean } from '../../base/did-you-mean.ts';

export type ClientConfigs = {
  /** Options of the dialect that mean the same. */
  readonly options: Readonly<Record<string, string>>;
  readonly problems: readonly { readonly message: string; readonly hint: string }[];
};

/**
 * Reads `client_configs = 'security.protocol=SASL_SSL,sasl.mechanism=PLAIN'`: librdkafka's names of
 * how to connect. What tunes librdkafka has no meaning here and is a problem.
 */
export function readClientConfigs(text: string): ClientConfigs {
  const options: Record<string, string> = {};
  const problems: { message: string; hint: string }[] = [];
  for (const pair of text.split(',').map((part) => part.trim())) {
    if (pair === '') continue;
    const [, key, value] = /^([^=\s]+)\s*=\s*(.*)$/.exec(pair) ?? [];
    const option = optionOf.get(key?.toLowerCase() ?? '');
    if (key === undefined || value === undefined) {
      const message = 'client_configs has a part that is not name=value.';
      problems.push({ message, hint: "Write 'name=value,name=value'; values can't hold commas." });
    } else if (option === undefined) {
      problems.push(unknownConfig(key));
    } else {
      options[option] = pathConfigs.has(option) ? `file:${value}` : value;
    }
  }
  return { options, problems };
}

const optionOf: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'client.id': 'client.id',
    'security.protocol': 'auth.protocol',
    'sasl.mechanism': 'auth.mechanism',
    'sasl.mechanisms': 'auth.mechanism',
    'sasl.username': 'auth.username',
    'sasl.password': 'auth.password',
    'sasl.oauthbearer.token.endpoint.url': 'auth.oauth.token_endpoint',
    'sasl.oauthbearer.client.id': 'auth.oauth.client_id',
    'sasl.oauthbearer.client.secret': 'auth.oauth.client_secret',
    'sasl.oauthbearer.scope': 'auth.oauth.scope',
    'ssl.ca.location': 'tls.ca',
    'ssl.certificate.location': 'tls.cert',
    'ssl.key.location': 'tls.key',
  }),
);

/** librdkafka gives a file where we take a reference. */
const pathConfigs: ReadonlySet<string> = new Set(['tls.ca', 'tls.cert', 'tls.key']);

function unknownConfig(key: string): { message: string; hint: string } {
  const near = didYouMean(key, optionOf.keys());
  const list = `Known are: ${[...optionOf.keys()].join(', ')}.`;
  return {
    message: `client_configs: ${key} has no meaning here.`,
    hint: near === undefined ? `Leave it out. ${list}` : `Did you mean ${near}? ${list}`,
  };
}
