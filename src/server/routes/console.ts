import { HeliosError } from '../../base/errors.ts';
import { type ConsoleFiles, consolePolicy } from '../console-files.ts';
import type { Routes } from '../framework.ts';
import { landingPage, landingPolicy } from './landing.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';

export type ConsoleRoutes = {
  /** Undefined where it was not built: then a page says how to talk to Helios without. */
  readonly files: ConsoleFiles | undefined;
  readonly version: string;
  readonly url: () => string;
};

/** The first parts of the console's paths (src/console/frame/pages.tsx); all get the same page. */
const pageNames: readonly string[] = [
  'streams',
  'sql',
  'dashboards',
  'pipelines',
  'tables',
  'quarantine',
  'settings',
  'connect',
  'login',
];

/** `/`, the other pages of the console, and the files that they load. */
export function addConsoleRoutes(app: Routes, { files, version, url }: ConsoleRoutes): void {
  const page = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (files !== undefined) return await sendFile(files, 'index.html', { request, reply });
    reply.header('content-security-policy', landingPolicy).type('text/html; charset=utf-8');
    return await reply.send(landingPage(version, url()));
  };
  const schema = { hide: true };
  app.get('/', { schema }, page);
  if (files === undefined) return;
  for (const name of pageNames) {
    app.get(`/${name}`, { schema }, page);
    app.get(`/${name}/*`, { schema }, page);
  }
  app.get('/assets/:name', { schema }, async (request, reply) => {
    return await sendFile(files, `assets/${nameOf(request)}`, { request, reply });
  });
}

/**
 * The console says of an address that is none of its pages that there is no such page: where a
 * person asked, not a program. False where it isn't for the console to answer.
 */
export async function sendUnknownPage(
  { files }: Pick<ConsoleRoutes, 'files'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  const isPerson = request.headers.accept?.includes('text/html') === true;
  const isPage = request.method === 'GET' && !/^\/(?:api|assets)(?:$|\/)/.test(request.url);
  if (files === undefined || !isPerson || !isPage) return false;
  await sendFile(files, 'index.html', { request, reply: reply.code(404) });
  return true;
}

async function sendFile(
  files: ConsoleFiles,
  name: string,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<FastifyReply> {
  const file = files.get(name);
  if (file === undefined) {
    throw new HeliosError('not_found', `The console has no file ${name}.`, {
      hint: 'Load the page again: it may be that of an older version.',
    });
  }
  reply.header('content-security-policy', consolePolicy).header('etag', file.tag);
  reply.header('vary', 'accept-encoding').type(file.type);
  // The names of assets have a checksum of what is in them.
  const isForever = name.startsWith('assets/');
  reply.header('cache-control', isForever ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (request.headers['if-none-match'] === file.tag) return await reply.code(304).send();
  const takesBrotli = /\bbr\b/.test(request.headers['accept-encoding'] ?? '');
  if (file.brotli === undefined || !takesBrotli) return await reply.send(file.bytes);
  return await reply.header('content-encoding', 'br').send(file.brotli);
}

function nameOf({ params }: FastifyRequest): string {
  return (params as { readonly name: string }).name;
}
