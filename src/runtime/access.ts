import type { Logger } from 'pino';
import { Access } from '../access/access.ts';
import { AuditLog } from '../access/audit-log.ts';
import { systemClock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import type { StartOptions } from '../cli/context.ts';
import { isLoopback } from '../server/access/host-and-origin.ts';
import type { Core } from './core.ts';

/** What a start says about who may come in. */
export type AccessStart = {
  readonly access: Access;
  readonly audit: AuditLog;
  readonly publicUrl: string | undefined;
  readonly originSecret: string | undefined;
  /** Makes durable what waits. */
  readonly close: () => Promise<void>;
};

/**
 * Who may come in. A credential is needed wherever somebody else than this machine's programs may
 * come: by another interface, or by a proxy in front. Errors: `invalid_config`, and those of
 * references to secrets.
 */
export async function openAccess(
  { catalog, data, known, state }: Pick<Core, 'catalog' | 'data' | 'known' | 'state'>,
  options: Pick<
    StartOptions,
    'host' | 'publicUrl' | 'adminToken' | 'originSecret' | 'requireToken'
  >,
  logger: Logger,
): Promise<AccessStart> {
  const secretOf = async (reference: string | undefined): Promise<string | undefined> =>
    reference === undefined ? undefined : await known.context.secrets.resolve(reference);
  const publicUrl = options.publicUrl === undefined ? undefined : checkedUrl(options.publicUrl);
  // Whatever can be refused comes first: what is opened below has to be closed again.
  const adminToken = await secretOf(options.adminToken);
  const originSecret = await secretOf(options.originSecret);
  const access = new Access({
    entries: catalog.access,
    clock: systemClock,
    isRequired:
      options.requireToken === true || publicUrl !== undefined || !isLoopback(options.host),
    adminToken,
  });
  const onProblem = (problem: HeliosError): void => logger.error({ err: problem }, problem.message);
  const copies = state?.auditCopies(onProblem);
  const path = data.inside('audit.ndjson');
  const audit = await AuditLog.open({ path, clock: systemClock, copies, onProblem });
  copies?.start();
  const close = async (): Promise<void> => {
    access.close();
    await audit.settle();
    await copies?.close();
  };
  return { access, audit, publicUrl, originSecret, close };
}

/** Without a slash at its end. */
function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === '/') {
    return url.origin;
  }
  throw new HeliosError('invalid_config', `${JSON.stringify(text)} is no address of a server.`, {
    hint: 'Write --public-url https://helios.example, without a path.',
  });
}
