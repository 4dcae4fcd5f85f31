/** What a function's process is told and says: a line of JSON each. */
export type ToProcess =
  | { readonly kind: 'load'; readonly functions: readonly LoadedFunction[] }
  | {
      readonly kind: 'call';
      /** Of the loaded ones. */
      readonly index: number;
      readonly calls: readonly (readonly WireValue[])[];
      /** Each result is told before the next call is made. */
      readonly isCareful: boolean;
    };

export type FromProcess =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'refused'; readonly index: number; readonly fault: Fault }
  /** Of the calls behind those that were answered before, in order. */
  | { readonly kind: 'results'; readonly results: readonly WireResult[] };

/** What is wrong with a function's code; lines and columns from 1, in its file. */
export type Fault = {
  readonly message: string;
  readonly line: number | undefined;
  readonly column: number | undefined;
};

export type LoadedFunction = {
  readonly path: string;
  readonly code: string;
  readonly isTypeScript: boolean;
  readonly exportName: string;
  readonly parameters: readonly WireType[];
  readonly result: WireType;
};

/** How a type's values are in JavaScript. */
export type WireType =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer'; readonly from: number; readonly to: number }
  | { readonly kind: 'number'; readonly isSingle: boolean }
  /** As decimal text on the wire, for JSON has no such numbers. */
  | { readonly kind: 'bigint'; readonly from: string; readonly to: string }
  | { readonly kind: 'text' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'date' }
  | { readonly kind: 'time' }
  /** As text in base 16. */
  | { readonly kind: 'bytes' }
  /** As JSON text, as those that follow: months, days, and microseconds as text. */
  | { readonly kind: 'interval' }
  | { readonly kind: 'list'; readonly element: WireType }
  /** Values in the order of the fields. */
  | {
      readonly kind: 'struct';
      readonly fields: readonly { readonly name: string; readonly type: WireType }[];
    };

/** Of numbers, `NaN`, `Infinity`, `-Infinity` and `-0` are text. */
export type WireValue = string | number | boolean | null;

export type WireResult = WireValue | { readonly error: string };
