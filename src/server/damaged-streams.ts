import type { ErrorCode } from '../base/errors.ts';

/** A stream whose files are damaged, and what who asks for it is told. */
export type DamagedStreamAnswer = {
  readonly name: string;
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly hint?: string | undefined;
  };
};

/** What a list of streams says of those that are not in it; nothing where all is well. */
export type DamagedStreams = { readonly damaged?: readonly DamagedStreamAnswer[] };
