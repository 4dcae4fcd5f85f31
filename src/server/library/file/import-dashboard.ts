import { HeliosError } from '../../../base/errors.ts';
import type { DocumentKind } from '../../../catalog/catalog.ts';
import { documentPath } from '../../../catalog/document-path.ts';
import type { Library, LibraryDocument } from '../../../catalog/library.ts';
import type {
  DashboardBody,
  ImportBody,
  ImportConflict,
  ImportedDocument,
  SavedQueryBody,
} from '../library-api.ts';
import { type DashboardFile, orderedDashboard, orderedQuery } from './dashboard-file.ts';
import { parseDashboardFile } from './parse-dashboard-file.ts';

/**
 * Keeps what a file says: its dashboard and its saved queries, all of them or none. What is there
 * with other content is replaced only where `replaces` names the version that is there; else this
 * throws `conflict`, with every such document in `details.conflicts`.
 */
export async function importDashboard(
  library: Library,
  { file, path, replaces = [] }: ImportBody,
): Promise<{ readonly path: string; readonly documents: readonly ImportedDocument[] }> {
  const wanted = wantedOf(await parseDashboardFile(file), path);
  const conflicts = wanted.flatMap(({ kind, path: wantedPath, before, isSame }) => {
    if (before === undefined || isSame) return [];
    const isNamed = replaces.some(
      (one) => one.kind === kind && one.path === before.path && one.version === before.version,
    );
    return isNamed ? [] : [conflictOf(kind, wantedPath, before)];
  });
  if (conflicts.length > 0) throw refusal(conflicts);
  const documents = wanted.map((one) => kept(library, one));
  return { path: documents.at(-1)?.path ?? '', documents };

  function wantedOf(read: DashboardFile, asked: string | undefined): readonly Wanted[] {
    const { dashboard, queries = [], ...body } = read;
    const name = asked ?? dashboard;
    if (name === undefined) throw nameless();
    const all = queries.map(({ path: queryPath, ...query }) => wantedQuery(queryPath, query));
    return [...all, wantedDashboard(name, body)];
  }

  function wantedQuery(queryPath: string, query: SavedQueryBody): Wanted {
    const before = found(library, 'query', queryPath);
    const content = orderedQuery(query);
    const isSame = before && isEqual(orderedQuery(before.content as SavedQueryBody), content);
    return { kind: 'query', path: documentPath(queryPath), content, before, isSame };
  }

  function wantedDashboard(name: string, body: DashboardBody): Wanted {
    const before = found(library, 'dashboard', name);
    const content = orderedDashboard(body);
    const isSame = before && isEqual(orderedDashboard(before.content as DashboardBody), content);
    return { kind: 'dashboard', path: documentPath(name), content, before, isSame };
  }
}

type Wanted = {
  readonly kind: DocumentKind;
  readonly path: string;
  readonly content: unknown;
  /** What is there. */
  readonly before: LibraryDocument | undefined;
  /** It says the same, whatever order it was saved in. */
  readonly isSame: boolean | undefined;
};

function found(library: Library, kind: DocumentKind, path: string): LibraryDocument | undefined {
  const wanted = documentPath(path).toLowerCase();
  return library.list(kind).find((one) => one.path.toLowerCase() === wanted);
}

function kept(library: Library, { kind, path, content, before, isSame }: Wanted): ImportedDocument {
  if (before !== undefined && isSame === true) {
    return { kind, path: before.path, version: before.version, outcome: 'unchanged' };
  }
  const { path: keptPath, version } = library.put(kind, {
    path,
    content,
    replaces: before?.version,
  });
  return { kind, path: keptPath, version, outcome: before === undefined ? 'made' : 'replaced' };
}

function conflictOf(kind: DocumentKind, path: string, before: LibraryDocument): ImportConflict {
  const { path: there, version, changedAtMs } = before;
  return { kind, path: there ?? path, version, changed_at: new Date(changedAtMs).toISOString() };
}

function refusal(conflicts: readonly ImportConflict[]): HeliosError {
  const names = conflicts.map(
    ({ kind, path }) => `the ${kind === 'query' ? 'saved query' : 'dashboard'} ${path}`,
  );
  const [first = '', ...others] = names;
  const text = `${first.charAt(0).toUpperCase()}${first.slice(1)}`;
  const all = [text, ...others].join(', ');
  return new HeliosError(
    'conflict',
    `${all} ${names.length === 1 ? 'is' : 'are'} there already, and not as in the file.`,
    {
      hint: 'Replace what is there by naming its versions, or import under another name.',
      details: { conflicts },
    },
  );
}

function nameless(): HeliosError {
  return new HeliosError('invalid_request', 'The file has no name for the dashboard.', {
    hint: 'Begin it with a line like "dashboard: shop/overview", or give a name with it.',
  });
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
