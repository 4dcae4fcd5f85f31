import { systemCode } from '../../base/errors.ts';

export type CertificateFailure = { readonly why: string; readonly hint: string };

/** What is wrong with the certificate that a store showed; undefined: it is not that. */
export function certificateFailure(thrown: unknown): CertificateFailure | undefined {
  const code = systemCode(thrown) ?? '';
  if (untrustedCodes.has(code)) {
    return {
      why: `the store's certificate is signed by an authority that isn't known here (${code})`,
      hint:
        "Give that authority's certificate: storage.ca = 'file:/PATH/ca.pem' in the options of " +
        'the table, or AWS_CA_BUNDLE=/PATH/ca.pem in the environment for every store, that of ' +
        '--state too.',
    };
  }
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return {
        why: "the store's certificate has expired",
        hint: 'Whoever runs the store has to renew it. Also check the clock of this machine.',
      };
    case 'CERT_NOT_YET_VALID':
      return {
        why: "the store's certificate is not valid yet",
        hint: 'Check the clock of this machine.',
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        why: `the store's certificate is for other names: ${namesIn(thrown)}`,
        hint:
          'Use one of those names in the URL. Where it is for the host without the bucket, ' +
          "set storage.path_style = 'true'.",
      };
    default:
      return undefined;
  }
}

const untrustedCodes: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
]);

/** `DNS:a, DNS:b` of Node's message. */
function namesIn(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : '';
  const names = /.*(?:altnames|cert's CN): (.+)$/.exec(message)?.[1] ?? 'none';
  return names.replaceAll(/(?:DNS|IP Address):/g, '').slice(0, 200);
}
