/** What a check found. `hint` is what to do about it. */
export type Finding = {
  readonly status: 'ok' | 'warn' | 'fail';
  readonly message: string;
  readonly hint?: string | undefined;
};

export type Check = {
  readonly name: string;
  /** Why it matters. */
  readonly why: string;
  readonly run: () => Promise<Finding>;
};

export type NamedFinding = Finding & Pick<Check, 'name' | 'why'>;

/** Runs one check; what it throws is what it found. */
export async function found({ name, why, run }: Check): Promise<NamedFinding> {
  return { name, why, ...(await run()) };
}

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
