/** The operators of a script; edges go as the rows do. */
export type GraphAnswer = {
  readonly nodes: readonly {
    readonly id: string;
    readonly kind: GraphKind;
    readonly label: string;
    /** `keys`, `gives`, `watermark`, `state`, `kept_until` …: what the node has of them. */
    readonly details: Readonly<Record<string, string | readonly string[]>>;
  }[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
};

type GraphKind =
  | 'source'
  | 'lookup'
  | 'view'
  | 'table'
  | 'select'
  | 'window'
  | 'aggregate'
  | 'join'
  | 'sink';

/** `GET /api/v1/pipelines/{name}/plan`: by what it runs; of one that doesn't, would run. */
export type PlanAnswer = { readonly graph: GraphAnswer; readonly plan: string };
