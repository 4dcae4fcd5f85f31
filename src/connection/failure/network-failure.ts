import { HeliosError, systemCode } from '../../base/errors.ts';

/** Where the options of a connection about TLS are. */
export type NetworkPlace = {
  /** HOST:PORT, or an address, or a list of them. */
  readonly address: string;
  /** The option that names the authority which signed the server's certificate. */
  readonly caOption: string | undefined;
};

/** The failure of names, sockets or TLS among these errors, in words; undefined: there is none. */
export function networkFailure(
  causes: readonly Error[],
  place: NetworkPlace,
): HeliosError | undefined {
  for (const cause of causes) {
    const code = systemCode(cause);
    if (code === undefined) continue;
    const words = socketWords(code, place) ?? certificateWords(code, cause, place);
    if (words === undefined) continue;
    return new HeliosError('unreachable', words.message, {
      hint: words.hint,
      details: { system_code: code },
    });
  }
  return undefined;
}

type Words = { readonly message: string; readonly hint: string };

function socketWords(code: string, { address }: NetworkPlace): Words | undefined {
  switch (code) {
    case 'ENOTFOUND':
      return {
        message: `The name in ${address} is not known.`,
        hint: 'Check the spelling. Names of private networks are known only inside of them.',
      };
    case 'EAI_AGAIN':
    case 'ETIMEOUT':
      return {
        message: `The name in ${address} could not be looked up.`,
        hint: 'The DNS server of this machine does not answer. Check its network.',
      };
    case 'ECONNREFUSED':
      return {
        message: `Nothing listens at ${address}.`,
        hint: 'Check the port, and that the server runs.',
      };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return {
        message: `${address} closed the connection.`,
        hint: 'Is this the port for the chosen protocol, with or without TLS?',
      };
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return {
        message: `${address} does not answer.`,
        hint: 'Check that this machine may reach it: firewalls, security groups, VPN, peering.',
      };
    default:
      return undefined;
  }
}

function certificateWords(code: string, cause: Error, place: NetworkPlace): Words | undefined {
  const { address, caOption } = place;
  const trust = caOption === undefined ? 'Node.js does not know it.' : `Give it as ${caOption}.`;
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_UNTRUSTED':
    case 'CERT_SIGNATURE_FAILURE':
      return {
        message: `The certificate of ${address} is signed by an authority that isn't known here.`,
        hint: `The certificate of that authority is missing, or is another one. ${trust}`,
      };
    case 'CERT_HAS_EXPIRED':
      return {
        message: `The certificate of ${address} has expired.`,
        hint: 'Whoever runs the server has to renew it. Also check the clock of this machine.',
      };
    case 'CERT_NOT_YET_VALID':
      return {
        message: `The certificate of ${address} is not valid yet.`,
        hint: 'Check the clock of this machine.',
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        message: `The certificate of ${address} is for other names: ${namesIn(cause)}.`,
        hint: 'Use one of those names as the address, or give the right one as tls.server_name.',
      };
    default:
      return handshakeWords(code, place);
  }
}

function handshakeWords(code: string, { address }: NetworkPlace): Words | undefined {
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return {
      message: `${address} does not speak TLS.`,
      hint: 'Use the port for TLS, or a protocol without it.',
    };
  }
  if (/ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA)$/.test(code)) {
    return {
      message: `${address} wants a client's certificate that it can trust.`,
      hint: 'Give one with its key: tls.cert = file:PATH, tls.key = file:PATH.',
    };
  }
  if (!code.startsWith('ERR_SSL_') && !code.startsWith('ERR_TLS_') && code !== 'EPROTO') {
    return undefined;
  }
  const reason = code
    .replace(/^ERR_(SSL|TLS)_/, '')
    .toLowerCase()
    .replaceAll('_', ' ');
  return {
    message: `The TLS handshake with ${address} failed: ${reason}.`,
    hint: 'Check that this is a port for TLS, and the certificate and the key that were given.',
  };
}

/** `DNS:a, DNS:b` of Node's message. */
function namesIn(cause: Error): string {
  const names = /.*(?:altnames|cert's CN): (.+)$/.exec(cause.message)?.[1] ?? 'none';
  return names.replaceAll(/(DNS|IP Address):/g, '').slice(0, 200);
}
