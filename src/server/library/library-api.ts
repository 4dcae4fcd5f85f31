/** Saved queries and dashboards as they travel. Types only: nothing to import at run time. */

/** `PUT /api/v1/library/queries/{path}`. */
export type SavedQueryBody = {
  readonly sql: string;
  readonly description?: string | undefined;
  /** What is typed for each `$name` unless something else is: text as in the console's fields. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** How its result is looked at, in the console's own words. */
  readonly view?: string | undefined;
  readonly chart?: string | undefined;
};

/** `PATCH /api/v1/library/queries/{path}`, and of dashboards: where it is from now on. */
export type DocumentMoveBody = { readonly path: string };

export type SavedQueryAnswer = SavedQueryBody & DocumentFacts;

/** `GET /api/v1/library/queries`: without the SQL. */
export type SavedQueryListAnswer = {
  readonly queries: readonly (DocumentFacts & Pick<SavedQueryBody, 'description'>)[];
};

/** `PUT /api/v1/library/dashboards/{path}`. */
export type DashboardBody = {
  readonly description?: string | undefined;
  /** 1000 unless given. */
  readonly refresh_ms?: number | undefined;
  /** The time range that it opens with: `15m`, `1h`, `7d`. */
  readonly last?: string | undefined;
  readonly variables?: readonly DashboardVariable[] | undefined;
  readonly panels: readonly DashboardPanel[];
};

/** A value for `$name` in the SQL of all panels. */
export type DashboardVariable = {
  readonly name: string;
  readonly label?: string | undefined;
  /** What it is unless somebody chooses something else. */
  readonly value: string;
  /** None: anything can be typed. */
  readonly choices?: readonly string[] | undefined;
};

export type PanelKind = 'table' | 'line' | 'bar' | 'number';

export type DashboardPanel = {
  /** Within the dashboard. */
  readonly id: string;
  readonly title: string;
  readonly kind: PanelKind;
  /** A saved query's path, or SQL of its own. `$from` and `$to` are the time range. */
  readonly source: { readonly query: string } | { readonly sql: string };
  /** Behind a big number, as in `events/s`. */
  readonly unit?: string | undefined;
  /** Place and size in a grid of 12 columns; rows count from 0. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

export type DashboardAnswer = DashboardBody & DocumentFacts;

/** `GET /api/v1/library/dashboards`: without the panels. */
export type DashboardListAnswer = {
  readonly dashboards: readonly (DocumentFacts &
    Pick<DashboardBody, 'description'> & { readonly panel_count: number })[];
};

export type DocumentFacts = {
  readonly path: string;
  /** For `If-Match`: changes when the document does. */
  readonly version: string;
  readonly changed_at: string;
};

/** `POST /api/v1/library/import`: a file as `…/dashboards/{path}/file` gives it. */
export type ImportBody = {
  readonly file: string;
  /** The dashboard's path, in place of the one in the file. */
  readonly path?: string | undefined;
  /** What may be replaced: exactly these versions. */
  readonly replaces?: readonly DocumentVersion[] | undefined;
};

export type DocumentVersion = {
  readonly kind: 'query' | 'dashboard';
  readonly path: string;
  readonly version: string;
};

/** What is there, and not as in the file. */
export type ImportConflict = DocumentVersion & { readonly changed_at: string };

export type ImportedDocument = DocumentVersion & {
  readonly outcome: 'made' | 'replaced' | 'unchanged';
};

export type ImportAnswer = {
  /** Of the dashboard. */
  readonly path: string;
  readonly documents: readonly ImportedDocument[];
};

/**
 * `POST /api/v1/query/shared`: who asks the same within a tick gets the same answer. The answer's
 * header `x-helios-next-ms` says when the next tick begins.
 */
export type SharedQueryBody = {
  readonly sql: string;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  /** More parameters: times, as so many ms from when the query is run, by the server's clock. */
  readonly times?: Readonly<Record<string, number>> | undefined;
  readonly max_rows?: number | undefined;
  /** 1000 unless given. */
  readonly tick_ms?: number | undefined;
};
