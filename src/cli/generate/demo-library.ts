import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeliosError } from '../../base/errors.ts';
import type { DashboardBody, SavedQueryBody } from '../../server/library/library-api.ts';
import type { Client } from '../client/client.ts';

/** The folder of the saved queries. */
const name = 'shop';

/**
 * Keeps the shop's questions as saved queries, and its dashboard: where there are none of these
 * names. What somebody made of them stays.
 */
export async function keepShopLibrary(client: Client, shopDirectory: string): Promise<void> {
  const questions = join(shopDirectory, 'queries');
  for (const file of (await readdir(questions)).toSorted()) {
    const body = savedQuery(await readFile(join(questions, file), 'utf8'));
    await keepNew(client, `queries/${name}%2F${file.replace(/\.sql$/, '')}`, body);
  }
  const { parse } = await import('yaml');
  const text = await readFile(join(shopDirectory, 'dashboard.yaml'), 'utf8');
  // Written by us; the server checks it as anybody's.
  const { dashboard, ...body } = parse(text) as DashboardBody & { readonly dashboard: string };
  await keepNew(client, `dashboards/${encodeURIComponent(dashboard)}`, body);
}

async function keepNew(client: Client, below: string, body: object): Promise<void> {
  try {
    await client.json({ method: 'PUT', path: `/api/v1/library/${below}`, body });
  } catch (thrown) {
    if (!(thrown instanceof HeliosError) || thrown.code !== 'already_exists') throw thrown;
  }
}

/** The comment that a file begins with says what it asks. */
function savedQuery(sql: string): SavedQueryBody {
  const [, description] = /^-- (.*)/.exec(sql) ?? [];
  return { sql, description };
}
