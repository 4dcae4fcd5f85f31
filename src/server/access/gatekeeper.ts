import type { IncomingMessage } from 'node:http';
import type { Access } from '../../access/access.ts';
import { mayIngest, type Need } from '../../access/scope.ts';
import { hashOf, isSame, type Principal } from '../../access/token.ts';
import { HeliosError } from '../../base/errors.ts';
import { type AccessRules, checkAccess, isLoopback } from './host-and-origin.ts';
import { sessionOf } from './session-cookie.ts';
import { checkNeed, setVisitor, visitorOf } from './visitor.ts';

type GatekeeperParts = {
  readonly access: Access;
  readonly rules: AccessRules;
  /** What a proxy in front adds to each request, so that nobody comes past it. */
  readonly originSecret?: string | undefined;
};

/** The header that a proxy in front proves itself with. */
const secretHeader = 'x-helios-origin-secret';

/**
 * Lets requests in, or not: by the name they ask, the page they come from, the proxy they came
 * through, and who sent them.
 */
export class Gatekeeper {
  readonly #access: Access;
  readonly #rules: AccessRules;
  readonly #originSecretHash: string | undefined;
  /** Whether people reach it by https. */
  readonly #isSecure: boolean;
  readonly #isServed = (origin: string): boolean => this.#access.servesOrigin(origin);

  constructor({ access, rules, originSecret }: GatekeeperParts) {
    this.#access = access;
    this.#rules = rules;
    this.#isSecure = rules.publicOrigin?.startsWith('https:') === true;
    this.#originSecretHash = originSecret === undefined ? undefined : hashOf(originSecret);
  }

  /**
   * Where it comes from. The result is a foreign origin that may see the answer. Errors:
   * `misdirected`, `not_allowed`.
   */
  enter(request: IncomingMessage, id: string, isIngest: boolean): string | undefined {
    const isProxied = this.#isProxied(request);
    const address = isProxied ? clientOf(request) : (request.socket.remoteAddress ?? '');
    setVisitor(request, { id, address, principal: undefined });
    // Whoever watches whether it is up asks by whatever address it has.
    if (request.method === 'GET' && request.url === '/healthz') return undefined;
    return this.#checkWay(request, isIngest);
  }

  /** Who it is, and whether that is enough. Errors: `not_authenticated`, `not_allowed` … */
  admit(request: IncomingMessage, need: Need): Principal | undefined {
    return need === 'public' ? undefined : this.admitKnown(request, need);
  }

  /** The same, where something is needed. */
  admitKnown(request: IncomingMessage, need: Need = 'known'): Principal {
    const principal = this.#identify(request, undefined);
    checkNeed(principal, need);
    return principal;
  }

  /**
   * Who comes with which credential, though nothing needs it; undefined where none stands, and for
   * who came by a way that is open for nothing else.
   */
  recognise(request: IncomingMessage): Principal | undefined {
    try {
      this.#checkWay(request, false);
      return this.#identify(request, undefined);
    } catch (thrown) {
      if (thrown instanceof HeliosError && strangerCodes.has(thrown.code)) return undefined;
      throw thrown;
    }
  }

  /** Whether who came in once may still be here. */
  isWelcome(request: IncomingMessage): boolean {
    return this.#access.stands({
      token: bearerOf(request),
      session: sessionOf(request, this.#isSecure),
    });
  }

  /** `token`: from the address, for pages whose requests can't have headers. */
  admitToIngest(
    request: IncomingMessage,
    { stream, token }: { readonly stream: string; readonly token: string | undefined },
  ): Principal {
    const principal = this.#identify(request, token);
    const { name, scopes } = principal;
    if (token !== undefined && scopes.some(({ kind }) => kind !== 'ingest')) {
      throw new HeliosError('not_allowed', 'Only tokens for ingest alone may be in an address.', {
        hint: 'Addresses end up in logs. Send this one as Authorization: Bearer.',
      });
    }
    if (!mayIngest(scopes, stream)) {
      throw new HeliosError('not_allowed', `The token ${name} may not post to ${stream}.`, {
        hint: `It takes the scope ingest:${stream}.`,
      });
    }
    this.#checkOrigin(request, principal);
    return principal;
  }

  /** By which name, from which page, through which proxy. */
  #checkWay(request: IncomingMessage, isIngest: boolean): string | undefined {
    const origin = checkAccess(this.#rules, request, isIngest ? this.#isServed : undefined);
    if (this.#originSecretHash !== undefined && !this.#isProxied(request) && !isNear(request)) {
      throw new HeliosError('not_allowed', 'This server is reached by its own address alone.', {
        hint: 'Use the address that helios deploy printed.',
      });
    }
    return origin;
  }

  /** A page that some token serves uses that token, and no other. */
  #checkOrigin(request: IncomingMessage, principal: Principal): void {
    const { origin } = request.headers;
    if (origin === undefined || checkAccess(this.#rules, request, () => true) === undefined) return;
    const served = this.#access.originsOf(principal);
    if (this.#rules.allowedOrigins.has(origin) || served.includes(origin)) return;
    throw new HeliosError(
      'not_allowed',
      `The token ${principal.name} does not serve pages of ${JSON.stringify(origin)}.`,
      { hint: 'Make one that does: helios token create NAME --scope … --origin URL.' },
    );
  }

  #identify(request: IncomingMessage, tokenInAddress: string | undefined): Principal {
    const visitor = visitorOf(request);
    const address = visitor?.address ?? '';
    const token = tokenInAddress ?? bearerOf(request);
    const session = token === undefined ? sessionOf(request, this.#isSecure) : undefined;
    const principal = this.#access.identify({ token, session, address });
    if (visitor !== undefined) visitor.principal = principal;
    return principal;
  }

  #isProxied(request: IncomingMessage): boolean {
    const given = request.headers[secretHeader];
    const hash = this.#originSecretHash;
    return hash !== undefined && typeof given === 'string' && isSame(given, hash);
  }
}

const strangerCodes: ReadonlySet<string> = new Set([
  'not_authenticated',
  'misdirected',
  'not_allowed',
]);

/** `invalid_request` for an Authorization header that is no bearer token. */
function bearerOf({ headers }: IncomingMessage): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const token = /^Bearer +([^\s]+)$/i.exec(authorization)?.[1];
  if (token !== undefined) return token;
  throw new HeliosError('not_authenticated', 'The Authorization header is no bearer token.', {
    hint: 'Send it as: Authorization: Bearer hls_…',
  });
}

/** Programs of this machine need not go through the proxy. */
function isNear({ socket }: IncomingMessage): boolean {
  return isLoopback((socket.remoteAddress ?? '').replace(/^::ffff:/, ''));
}

/** Whom the proxy took it from: it adds that at the end of what the client may have made up. */
function clientOf({ headers, socket }: IncomingMessage): string {
  const forwarded = headers['x-forwarded-for'];
  const last = [forwarded ?? []].flat().join(',').split(',').at(-1)?.trim();
  return last === undefined || last === '' ? (socket.remoteAddress ?? '') : last;
}
