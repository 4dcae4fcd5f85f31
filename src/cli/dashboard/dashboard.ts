import { access, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { HeliosError } from '../../base/errors.ts';
import type {
  DashboardListAnswer,
  DocumentVersion,
  ImportAnswer,
  ImportBody,
} from '../../server/library/library-api.ts';
import { pathPart } from '../client/client.ts';
import { inSource } from '../failures.ts';
import type { Scope } from '../scope.ts';
import { onCall, withExamples, wordAt, type Runner } from '../commands/command.ts';

type ImportFlags = { readonly as?: string; readonly replace?: boolean };

const path = '/api/v1/library';

export function addDashboardCommand(program: Command, run: Runner): void {
  const group = program
    .command('dashboard')
    .description('dashboards of the console, as files that a team can review');
  withExamples(group, [
    'dashboard list',
    'dashboard export shop dashboards/shop.yaml',
    'dashboard import dashboards/shop.yaml',
    'dashboard import dashboards/shop.yaml --as shop/tried',
  ]);
  onCall(group.command('list').description('all dashboards'), run, listDashboards);
  const save = group
    .command('export <name> [file]')
    .description('write a dashboard and the saved queries it shows as YAML; without a file, here');
  onCall(save, run, async (scope, { words }) => exportDashboard(scope, wordAt(words, 0), words[1]));
  const load = group
    .command('import <file>')
    .description('keep what a file says (- for stdin); what is there already is not overwritten')
    .option('--as <name>', 'under this name, in place of the one in the file')
    .option('--replace', 'in place of what is there with other content');
  onCall<ImportFlags>(load, run, async (scope, { words, options }) =>
    importDashboard(scope, wordAt(words, 0), options),
  );
}

async function listDashboards(scope: Scope): Promise<void> {
  const answer = await scope.client.json<DashboardListAnswer>({
    method: 'GET',
    path: `${path}/dashboards`,
    signal: scope.signal,
  });
  if (scope.output.isJson) return await scope.output.json(answer);
  await scope.table(
    [{ name: 'name' }, { name: 'panels' }, { name: 'changed' }, { name: 'about' }],
    answer.dashboards.map((one) => [
      one.path,
      one.panel_count,
      one.changed_at,
      one.description ?? '',
    ]),
  );
}

async function exportDashboard(scope: Scope, name: string, file?: string): Promise<void> {
  if (name === '') throw new HeliosError('invalid_request', 'The name is empty.');
  const response = await scope.client.stream({
    method: 'GET',
    path: `${path}/dashboards/${pathPart(name)}/file`,
    signal: scope.signal,
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString('utf8');
  if (file === undefined || file === '-') {
    return scope.output.isJson
      ? await scope.output.json({ name, file: text })
      : await scope.output.data(text);
  }
  const isThere = await access(scope.path(file)).then(
    () => true,
    () => false,
  );
  try {
    await writeFile(scope.path(file), text);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new HeliosError('invalid_request', `Can't write ${file}: ${reason}.`, { cause: thrown });
  }
  if (scope.output.isJson) return await scope.output.json({ name, written: file });
  scope.output.talk(`${isThere ? 'Replaced' : 'Wrote'} ${file}.`);
}

async function importDashboard(
  scope: Scope,
  file: string,
  { as: name, replace = false }: ImportFlags,
): Promise<void> {
  const source = await scope.readText(file);
  const body: ImportBody = { file: source.text, path: name };
  const answer = await inSource(source, async () => {
    try {
      return await send(scope, body);
    } catch (thrown) {
      const conflicts = conflictsOf(thrown);
      if (conflicts.length === 0) throw thrown;
      if (replace) return await send(scope, { ...body, replaces: conflicts });
      throw withHint(thrown);
    }
  });
  if (scope.output.isJson) return await scope.output.json(answer);
  for (const { kind, path: kept, outcome } of answer.documents) {
    const word = { made: 'Made', replaced: 'Replaced', unchanged: 'As it was:' }[outcome];
    scope.output.talk(`${word} the ${kind === 'query' ? 'saved query' : 'dashboard'} ${kept}.`);
  }
  const address = answer.path.split('/').map(encodeURIComponent).join('/');
  await scope.output.line(`${scope.client.url}/dashboards/${address}`);
}

async function send(scope: Scope, body: ImportBody): Promise<ImportAnswer> {
  const { signal } = scope;
  return await scope.client.json({ method: 'POST', path: `${path}/import`, body, signal });
}

/** Of a refused import: the versions that are there. */
function conflictsOf(thrown: unknown): readonly DocumentVersion[] {
  if (!(thrown instanceof HeliosError) || thrown.code !== 'conflict') return [];
  const conflicts = thrown.details?.['conflicts'];
  if (!Array.isArray(conflicts)) return [];
  return (conflicts as readonly DocumentVersion[]).map(({ kind, path: there, version }) => ({
    kind,
    path: there,
    version,
  }));
}

/** In the words of the command line. */
function withHint(thrown: unknown): unknown {
  if (!(thrown instanceof HeliosError)) return thrown;
  return new HeliosError(thrown.code, thrown.message, {
    hint: 'Give --replace to replace it, or --as NAME to keep both; nothing was changed.',
    details: thrown.details,
    cause: thrown,
  });
}
