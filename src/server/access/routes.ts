import { Type } from 'typebox';
import type { Access } from '../../access/access.ts';
import { parseScope, scopeText } from '../../access/scope.ts';
import { tokenState } from '../../access/token-store.ts';
import type { Principal, Token } from '../../access/token.ts';
import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Routes } from '../framework.ts';
import { errorSchema } from '../schemas.ts';
import { timeText } from '../wire.ts';
import type {
  LoginLinkAnswer,
  NewTokenAnswer,
  PrincipalAnswer,
  SessionAnswer,
  TokenAnswer,
  TokenListAnswer,
} from './access-api.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import { sessionCookie, sessionOf } from './session-cookie.ts';
import { principalOf, setVisitor, visitorOf } from './visitor.ts';

export type AccessRoutes = {
  readonly access: Access;
  readonly gatekeeper: () => Gatekeeper;
  readonly clock: Clock;
  /** Where browsers find this server. */
  readonly publicUrl: () => string;
  /** Resolves when a change is kept wherever it survives this machine. */
  readonly keep: () => Promise<void>;
};

/** `/api/v1/session`, `/api/v1/login-links`, `/api/v1/tokens…`. */
export function addAccessRoutes(app: Routes, parts: AccessRoutes): void {
  addSessionRoutes(app, parts);
  addLinkRoute(app, parts);
  addTokenRoutes(app, parts);
}

function addSessionRoutes(app: Routes, parts: AccessRoutes): void {
  const { access, gatekeeper, clock } = parts;
  const isSecure = (): boolean => parts.publicUrl().startsWith('https:');
  app.get(
    sessionPath,
    { schema: { summary: 'Who you are here', response: { 200: sessionSchema } } },
    ({ raw }): SessionAnswer => sessionAnswer(access, gatekeeper().recognise(raw)),
  );
  app.post(
    sessionPath,
    {
      // Anybody may ask it: the body is read before it is known who does.
      bodyLimit: signInBytesMax,
      schema: {
        summary: 'Sign in with a token, or by a link once; the answer has the cookie',
        body: signInBody,
        response: { 200: sessionSchema, '4xx': errorSchema },
      },
    },
    ({ raw, body }, reply): SessionAnswer => {
      const { id = '', address = '' } = visitorOf(raw) ?? {};
      const { principal, secret, expiresAtMs } = access.signIn(body, address);
      setVisitor(raw, { id, address, principal });
      const seconds = (expiresAtMs - clock.nowMs()) / 1000;
      reply.header('set-cookie', sessionCookie(secret, seconds, isSecure()));
      return sessionAnswer(access, principal);
    },
  );
  app.delete(
    sessionPath,
    { schema: { summary: 'Sign out', response: { 204: Type.Null(), '4xx': errorSchema } } },
    async ({ raw }, reply) => {
      const secret = sessionOf(raw, isSecure());
      const principal = secret === undefined ? undefined : access.signOut(secret);
      if (principal !== undefined) {
        const { id = '', address = '' } = visitorOf(raw) ?? {};
        setVisitor(raw, { id, address, principal });
        await parts.keep();
      }
      reply.header('set-cookie', sessionCookie('', 0, isSecure()));
      return await reply.code(204).send();
    },
  );
}

function addLinkRoute(app: Routes, { access, publicUrl }: AccessRoutes): void {
  app.post(
    '/api/v1/login-links',
    {
      schema: {
        summary: 'Make a link that opens the console once, as you',
        response: {
          201: Type.Object({ url: Type.String(), expires_at: time }),
          '4xx': errorSchema,
        },
      },
    },
    ({ raw }, reply): LoginLinkAnswer => {
      const { code, expiresAtMs } = access.newLink(principalOf(raw));
      reply.code(201);
      return { url: loginUrl(publicUrl(), code), expires_at: timeText(expiresAtMs) };
    },
  );
}

/** Browsers send nobody what is behind `#`. */
export function loginUrl(publicUrl: string, code: string): string {
  return `${publicUrl}/login#t=${code}`;
}

function addTokenRoutes(app: Routes, { access, clock }: AccessRoutes): void {
  app.get(
    tokensPath,
    { schema: { summary: 'All tokens', response: { 200: tokenListSchema } } },
    (): TokenListAnswer => ({
      tokens: access.tokens.list().map((token) => tokenAnswer(token, clock.nowMs())),
    }),
  );
  app.post(
    tokensPath,
    {
      schema: {
        summary: 'Make a token; it is told this once',
        body: tokenBody,
        response: { 201: newTokenSchema, '4xx': errorSchema },
      },
    },
    ({ raw, body }, reply): NewTokenAnswer => {
      const { token, text } = access.tokens.create({
        name: body.name,
        scopes: body.scopes.map(parseScope),
        origins: body.origins ?? [],
        rate: body.rate,
        expiresAtMs: body.expires_at === undefined ? undefined : timeOf(body.expires_at),
        createdBy: principalOf(raw).name,
      });
      reply.code(201);
      return { ...tokenAnswer(token, clock.nowMs()), token: text };
    },
  );
  app.delete(
    `${tokensPath}/:token`,
    {
      schema: {
        summary: 'Revoke a token, by id or name; its sessions end',
        params: Type.Object({ token: Type.String({ minLength: 1, maxLength: 255 }) }),
        response: { 200: tokenSchema, '4xx': errorSchema },
      },
    },
    ({ params }): TokenAnswer => tokenAnswer(access.tokens.revoke(params.token), clock.nowMs()),
  );
}

const signInBytesMax = 4096;
const sessionPath = '/api/v1/session';
const tokensPath = '/api/v1/tokens';
const time = Type.String({ format: 'date-time' });
const scopes = Type.Array(Type.String({ minLength: 1, maxLength: 300 }), {
  maxItems: 100,
  description: 'admin, console, read-only, query:TABLE, ingest:STREAM; * is each of them.',
});
const closed = { additionalProperties: false };
const secret = Type.String({ minLength: 1, maxLength: 1000 });

const signInBody = Type.Union([
  Type.Object({ token: secret }, closed),
  Type.Object({ link: secret }, closed),
]);

const principalSchema = Type.Object({
  name: Type.String(),
  scopes,
  via: Type.Enum(['local', 'token', 'session']),
  expires_at: Type.Optional(time),
});

const sessionSchema = Type.Object({
  required: Type.Boolean({ description: 'Whether a credential is needed here.' }),
  principal: Type.Optional(principalSchema),
});

const tokenBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    scopes,
    expires_at: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339.' })),
    origins: Type.Optional(
      Type.Array(Type.String({ maxLength: 300 }), {
        maxItems: 20,
        description: 'Of pages that may post with it; for ingest alone.',
      }),
    ),
    rate: Type.Optional(Type.Number({ description: 'Requests a second.' })),
  },
  closed,
);

const tokenFields = {
  id: Type.String(),
  name: Type.String(),
  scopes,
  origins: Type.Array(Type.String()),
  rate: Type.Optional(Type.Number()),
  created_at: time,
  created_by: Type.String(),
  expires_at: Type.Optional(time),
  last_used_at: Type.Optional(time),
  state: Type.Enum(['active', 'expired', 'revoked']),
};
const tokenSchema = Type.Object(tokenFields);
const newTokenSchema = Type.Object({ ...tokenFields, token: Type.String() });
const tokenListSchema = Type.Object({ tokens: Type.Array(tokenSchema) });

function sessionAnswer(access: Access, principal: Principal | undefined): SessionAnswer {
  return { required: access.isRequired, principal: principal && principalAnswer(principal) };
}

function principalAnswer({ name, scopes: held, via, expiresAtMs }: Principal): PrincipalAnswer {
  const expiresAt = expiresAtMs === undefined ? undefined : timeText(expiresAtMs);
  return { name, scopes: held.map(scopeText), via, expires_at: expiresAt };
}

function tokenAnswer(token: Token, nowMs: number): TokenAnswer {
  const { id, name, origins, rate, createdAtMs, createdBy, expiresAtMs, lastUsedAtMs } = token;
  return {
    ...{ id, name, scopes: token.scopes.map(scopeText), origins, rate },
    created_at: timeText(createdAtMs),
    created_by: createdBy,
    expires_at: expiresAtMs === undefined ? undefined : timeText(expiresAtMs),
    last_used_at: lastUsedAtMs === undefined ? undefined : timeText(lastUsedAtMs),
    state: tokenState(token, nowMs),
  };
}

function timeOf(text: string): number {
  const timeMs = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(timeMs)) return timeMs;
  throw new HeliosError('invalid_request', `${JSON.stringify(text)} is no time.`, {
    hint: 'Write expires_at as 2027-01-31T00:00:00Z.',
  });
}
