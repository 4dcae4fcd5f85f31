import { HeliosError } from '../../base/errors.ts';
import type { ConnectionContext, PlainOptions } from '../context.ts';
import { causesOf, quoted } from '../failure/causes.ts';
import { networkFailure } from '../failure/network-failure.ts';
import { limitedText } from '../limited-text.ts';
import { optionValue } from '../option-value.ts';

const answerTimeoutMs = 10_000;

/**
 * A token from the token endpoint, with the grant of client credentials (RFC 6749, 4.4). Asked for
 * at each authentication, so that rotated secrets are found. `access_refused`, `unreachable`.
 */
export async function oauthToken(
  options: PlainOptions,
  { secrets }: ConnectionContext,
): Promise<string> {
  const [endpoint = '', id = '', secret = '', scope] = await Promise.all([
    optionValue(options, 'auth.oauth.token_endpoint', secrets),
    optionValue(options, 'auth.oauth.client_id', secrets),
    optionValue(options, 'auth.oauth.client_secret', secrets),
    optionValue(options, 'auth.oauth.scope', secrets),
  ]);
  const answer = await ask(endpoint, {
    authorization: basic(id, secret),
    form: new URLSearchParams({
      grant_type: 'client_credentials',
      ...(scope === undefined ? {} : { scope }),
    }),
  });
  const token = fieldOf(answer.text, 'access_token');
  if (answer.isGood && token !== undefined) return token;
  throw refused(endpoint, answer, secret);
}

type Answer = { readonly isGood: boolean; readonly status: number; readonly text: string };

async function ask(
  endpoint: string,
  request: { readonly authorization: string; readonly form: URLSearchParams },
): Promise<Answer> {
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { authorization: request.authorization, accept: 'application/json' },
      body: request.form,
      redirect: 'error',
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    return { isGood: response.ok, status: response.status, text: await limitedText(response) };
  } catch (thrown) {
    if (thrown instanceof HeliosError) throw thrown;
    throw unanswered(endpoint, causesOf(thrown));
  }
}

function unanswered(endpoint: string, causes: readonly Error[]): HeliosError {
  const described = networkFailure(causes, { address: endpoint, caOption: undefined });
  if (described !== undefined) return described;
  const isLate = causes.some(({ name }) => name === 'TimeoutError');
  const reason = isLate ? 'no answer in time' : (causes.at(-1)?.message ?? 'no reason is known');
  return new HeliosError('unreachable', `Asking ${endpoint} failed: ${quoted(reason)}.`, {
    hint: 'Check auth.oauth.token_endpoint, and that this machine may reach it.',
  });
}

/** RFC 6749, 2.3.1: both are form-encoded before they are joined. */
function basic(id: string, secret: string): string {
  const joined = `${formEncoded(id)}:${formEncoded(secret)}`;
  return `Basic ${Buffer.from(joined).toString('base64')}`;
}

function formEncoded(text: string): string {
  return new URLSearchParams({ t: text }).toString().slice('t='.length);
}

function refused(endpoint: string, answer: Answer, secret: string): HeliosError {
  const reason = fieldOf(answer.text, 'error');
  const description = fieldOf(answer.text, 'error_description');
  const said = [reason, description].filter((part) => part !== undefined).join(': ');
  const words = said === '' ? 'no token' : quoted(said.replaceAll(secret, '…'));
  const message = `${endpoint} answered ${answer.status} with ${words}.`;
  const isOutage = answer.status >= 500 || answer.status === 429;
  return new HeliosError(isOutage ? 'unreachable' : 'access_refused', message, {
    hint: 'Check auth.oauth.client_id, auth.oauth.client_secret and auth.oauth.scope.',
  });
}

function fieldOf(text: string, name: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== 'object' || answer === null) return undefined;
    const value: unknown = Reflect.get(answer, name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch {
    return undefined;
  }
}
