import { HeliosError } from '../../base/errors.ts';
import { shownAddress } from '../../connection/webhook/address.ts';
import { mayPass } from '../../connection/webhook/passing-status.ts';
import { sendRequest } from '../../connection/webhook/send-request.ts';

const timeoutMsDefault = 10_000;

/**
 * Posts JSON once; gives the status, 200 to 299. Redirects are not followed: they are failures as
 * any other status. `unreachable` and `unavailable` may be tried again, `invalid_config` and
 * `not_allowed` not. No error has more of the address than its host.
 */
export async function postJson(
  url: URL,
  document: unknown,
  options: { readonly signal: AbortSignal; readonly timeoutMs?: number | undefined },
): Promise<number> {
  const { signal, timeoutMs = timeoutMsDefault } = options;
  const body = JSON.stringify(document);
  const request = { url, method: 'POST', headers: {}, body, agent: undefined };
  const { status } = await sendRequest(request, { signal, timeoutMs });
  if (status >= 200 && status < 300) return status;
  throw refusal(url, status);
}

function refusal(url: URL, status: number): HeliosError {
  const isRedirect = status >= 300 && status < 400;
  return new HeliosError(
    mayPass(status) ? 'unavailable' : 'invalid_config',
    `The webhook at ${shownAddress(url)} answered ${status}.`,
    {
      hint: isRedirect
        ? 'Redirects are not followed: give the address that it leads to.'
        : mayPass(status)
          ? 'It is tried again.'
          : 'Is the address right, and does it take JSON by POST?',
    },
  );
}
