import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import type { EpochMs } from '../event/record.ts';
import { type Catalog, type DocumentEntry, type DocumentKind, notFound } from './catalog.ts';
import { documentPath } from './document-path.ts';

/** A saved query or a dashboard. */
export type LibraryDocument = {
  readonly path: string;
  readonly content: unknown;
  /** Two documents with one version are the same: it is a checksum of the content. */
  readonly version: string;
  readonly changedAtMs: EpochMs;
};

export type LibraryLimits = {
  readonly documentBytesMax: number;
  readonly documentsMax: number;
  /** Of all documents: the catalog goes to the state store whole with each change. */
  readonly bytesMax: number;
};

const defaultLimits: LibraryLimits = {
  documentBytesMax: 200_000,
  documentsMax: 5_000,
  bytesMax: 16_000_000,
};

export type LibraryOptions = {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly limits?: LibraryLimits | undefined;
};

/**
 * Saved queries and dashboards. Nobody's change is lost to somebody else's: a document is replaced
 * or deleted only by who names the version that is there.
 */
export class Library {
  readonly #catalog: Catalog;
  readonly #clock: Clock;
  readonly #limits: LibraryLimits;

  constructor({ catalog, clock, limits = defaultLimits }: LibraryOptions) {
    this.#catalog = catalog;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** By path. */
  list(kind: DocumentKind): readonly LibraryDocument[] {
    return this.#catalog.documents(kind).map(toDocument);
  }

  /** `not_found` with the nearest path. */
  get(kind: DocumentKind, path: string): LibraryDocument {
    const found = this.#catalog.document(kind, documentPath(path));
    if (found !== undefined) return toDocument(found);
    const known = this.#catalog.documents(kind).map((one) => one.path);
    throw notFound(words[kind], path, known);
  }

  /**
   * Keeps a document. Without `replaces` there must be none of its path (`already_exists`); with it
   * the one that is there must have that version (`conflict`, with what it is now in `details`).
   * `*` replaces any. What is there already with the same content is fine in any case.
   */
  put(kind: DocumentKind, change: DocumentChange): LibraryDocument {
    const path = documentPath(change.path);
    const before = this.#catalog.document(kind, path);
    const content = JSON.stringify(change.content);
    if (before?.content === content) return toDocument(before);
    if (before === undefined) {
      if (change.replaces !== undefined && change.replaces !== '*') this.get(kind, path);
    } else {
      checkVersion(toDocument(before), kind, change.replaces);
    }
    this.#checkRoom(kind, content, before);
    // The path keeps the case that it was made with: links have it.
    const entry = {
      kind,
      path: before?.path ?? path,
      content,
      changedAtMs: this.#clock.nowMs(),
    };
    this.#catalog.putDocument(entry);
    return toDocument(entry);
  }

  /**
   * Gives a document another path, and nothing else: `already_exists` where there is one. Without
   * `version`: whatever it is; else `conflict` where it is another.
   */
  move(kind: DocumentKind, path: string, move: DocumentMove): LibraryDocument {
    const document = this.get(kind, path);
    checkVersion(document, kind, move.version ?? '*');
    const to = documentPath(move.to);
    const there = this.#catalog.document(kind, to);
    if (there !== undefined && there.path !== document.path) {
      checkVersion(toDocument(there), kind, undefined);
    }
    this.#catalog.moveDocument(kind, document.path, to);
    return { ...document, path: to };
  }

  /** Without `version`: whatever it is. Else `conflict` where it is another. */
  delete(kind: DocumentKind, path: string, version: string = '*'): void {
    const document = this.get(kind, path);
    checkVersion(document, kind, version);
    this.#catalog.deleteDocument(kind, document.path);
  }

  #checkRoom(kind: DocumentKind, content: string, before: DocumentEntry | undefined): void {
    const { documentBytesMax, documentsMax, bytesMax } = this.#limits;
    const bytes = Buffer.byteLength(content);
    if (bytes > documentBytesMax) {
      throw new HeliosError(
        'too_large',
        `The ${words[kind]} has ${bytes} bytes; ${documentBytesMax} is the most.`,
        { hint: 'Make it two.' },
      );
    }
    const all = (['query', 'dashboard'] as const).flatMap((one) => this.#catalog.documents(one));
    const others = all.filter((one) => one.kind !== kind || one.path !== before?.path);
    const bytesOfOthers = others.reduce((sum, one) => sum + Buffer.byteLength(one.content), 0);
    if (others.length < documentsMax && bytesOfOthers + bytes <= bytesMax) return;
    throw new HeliosError(
      'too_large',
      `The library is full: it holds up to ${documentsMax} documents and ${bytesMax} bytes.`,
      { hint: 'Delete saved queries or dashboards that nobody uses.' },
    );
  }
}

type DocumentChange = {
  readonly path: string;
  /** Plain JSON. */
  readonly content: unknown;
  readonly replaces: string | undefined;
};

type DocumentMove = { readonly to: string; readonly version: string | undefined };

const words = { query: 'saved query', dashboard: 'dashboard' } as const;

function checkVersion(
  { path, version, content, changedAtMs }: LibraryDocument,
  kind: DocumentKind,
  wanted: string | undefined,
): void {
  if (wanted === '*' || wanted === version) return;
  const details = { version, content, changed_at: new Date(changedAtMs).toISOString() };
  const what = words[kind];
  if (wanted === undefined) {
    throw new HeliosError('already_exists', `A ${what} named ${path} exists.`, {
      hint: 'Choose another name, or replace that one by naming its version.',
      details,
    });
  }
  throw new HeliosError('conflict', `The ${what} ${path} was changed since it was opened.`, {
    hint: 'Look at what it is now, then save over it, or keep it.',
    details,
  });
}

function toDocument({ path, content, changedAtMs }: DocumentEntry): LibraryDocument {
  const version = createHash('sha256').update(content).digest('base64url').slice(0, 22);
  return { path, content: JSON.parse(content) as unknown, version, changedAtMs };
}
