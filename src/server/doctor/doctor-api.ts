/** `GET /api/v1/doctor`. */
export type DoctorAnswer = {
  /** Nothing failed: Helios can work here, though it may do so badly. */
  readonly ok: boolean;
  readonly examined_at: string;
  readonly duration_ms: number;
  readonly checks: readonly FindingAnswer[];
};

export type FindingAnswer = {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was found. */
  readonly message: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
};
