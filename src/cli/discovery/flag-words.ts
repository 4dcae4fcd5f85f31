/** The flags of `helios connect` and `helios connection` by the options that they give. */
const flagOf: Readonly<Record<string, string>> = {
  bootstrap_servers: '--bootstrap-servers',
  'auth.mechanism': '--mechanism',
  'auth.username': '--username',
  'auth.password': '--password',
  'auth.region': '--region',
  'tls.ca': '--ca',
  'tls.cert': '--cert',
  'tls.key': '--key',
  'tls.server_name': '-o tls.server_name=NAME',
  aws_region: '--region',
  aws_endpoint: '--endpoint',
  aws_profile: '--profile',
  role_arn: '--role-arn',
  external_id: '--external-id',
};

const optionPattern = new RegExp(
  `(?<![\\w.])(?:auth\\.protocol to (?:SASL_)?(SSL|PLAINTEXT)|${Object.keys(flagOf)
    .map((name) => name.replaceAll('.', '\\.'))
    .join('|')})(?![\\w.]*\\w)`,
  'g',
);

/** A hint that names options of SQL, with the flags that give them at a terminal. */
export function withFlags(hint: string): string {
  return hint.replaceAll(optionPattern, (option: string, protocol: string | undefined) => {
    const ofProtocol = protocol === 'SSL' ? '--tls' : '--no-tls';
    return `${option} (${protocol === undefined ? flagOf[option] : ofProtocol})`;
  });
}
