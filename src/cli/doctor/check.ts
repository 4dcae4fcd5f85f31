/** What a check found. `hint` is what to do about it. */
export type Finding = {
  readonly status: 'ok' | 'warn' | 'fail';
  readonly message: string;
  readonly hint?: string | undefined;
};

export type Check = { readonly name: string; readonly run: () => Promise<Finding> };

export function ok(message: string): Finding {
  return { status: 'ok', message };
}

export function warn(message: string, hint: string): Finding {
  return { status: 'warn', message, hint };
}

export function fail(message: string, hint: string): Finding {
  return { status: 'fail', message, hint };
}

export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
