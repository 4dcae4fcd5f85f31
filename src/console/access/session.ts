import type { SessionAnswer, SignInBody } from '../../server/access/access-api.ts';
import { errorBodyOf, request, sendOnce } from '../api/request.ts';
import { live } from '../api/live-socket.ts';
import { go } from '../place.ts';
import { door } from './door.ts';

const path = '/api/v1/session';
const loginPath = '/login';

/** Finds out who is there: at the start, by the link that the page was opened with if there is. */
export async function beginSession(): Promise<void> {
  window.addEventListener('hashchange', () => void takeLink());
  // Another window may have signed in or out meanwhile, with the same cookie.
  window.addEventListener('focus', () => {
    if (door.state.kind === 'out') void askSession();
  });
  live.watch(() => {
    const { kind } = door.state;
    if (live.state.kind === 'away' && kind === 'in') void askSession();
    if (live.state.kind === 'open' && kind === 'open' && !door.state.isCertain) void askSession();
  });
  if (!(await takeLink())) await askSession();
}

/** Throws `ApiError`: `not_authenticated` for what doesn't open, `too_busy` after many attempts. */
export async function signIn(body: SignInBody): Promise<void> {
  await sendOnce(path, { body });
  const { state } = door;
  const was = state.kind === 'out' ? state.was : undefined;
  const found = await request<SessionAnswer>(path);
  // What this page holds was shown to somebody else.
  if (was !== undefined && found.principal?.name !== was.name) {
    location.reload();
    return;
  }
  door.found(found);
  if (location.pathname === loginPath) go('/', 'replace');
}

/** Ends the session, and leaves nothing of it on the page. Throws `ApiError`. */
export async function signOut(): Promise<void> {
  await sendOnce(path, { method: 'DELETE' });
  location.assign(loginPath);
}

/** Asks the server who is signed in here. */
async function askSession(): Promise<void> {
  try {
    door.found(await request<SessionAnswer>(path));
  } catch {
    // It is away: whatever is asked next says so, and the socket asks here again.
    door.notFound();
  }
}

/** Signs in by the code of `/login#t=CODE`, which leaves the address at once. */
async function takeLink(): Promise<boolean> {
  const code = new URLSearchParams(location.hash.slice(1)).get('t');
  if (location.pathname !== loginPath || code === null) return false;
  go(loginPath, 'replace');
  try {
    await signIn({ link: code });
  } catch (thrown) {
    door.refusedLink(errorBodyOf(thrown));
    await askSession();
  }
  return true;
}
