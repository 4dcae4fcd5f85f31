/** A table whose rows are requests to somebody else's server. */
export type WebhookTable = {
  readonly kind: 'webhook';
  /** An http or https address; secrets in it are references, or it is one itself. */
  readonly endpoint: string;
  readonly method: 'POST' | 'PUT' | 'PATCH';
  /** Names in lower case → values as written: secrets are references. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: a row is a JSON object of its columns. */
  readonly template: Template | undefined;
  /** Undefined: a request has one row. Else it has an array of some. */
  readonly batch: { readonly rowsMax: number; readonly bytesMax: number } | undefined;
  /** Requests that are under way at once; rows are in order where it is 1. */
  readonly concurrency: number;
  /** From the name's look-up to the end of an answer. */
  readonly timeoutMs: number;
  /** What becomes of a row that the server refuses. */
  readonly onError:
    | { readonly kind: 'fail' }
    /**
     * It is passed over; also one that was not taken within `patienceMs`, where that is given.
     * `quarantine`: its request is in the table of that name.
     */
    | { readonly kind: 'drop' | 'quarantine'; readonly patienceMs: number | undefined };
};

/** A text with values of columns in it. */
export type Template = readonly TemplatePiece[];

export type TemplatePiece =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'value';
      /** A column, or a field of one: `window.start`. */
      readonly path: string;
      /** `json`: a JSON value; `string`: what a JSON string holds of it; `text`: as it is. */
      readonly place: 'json' | 'string' | 'text';
    };
