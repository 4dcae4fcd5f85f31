import { HeliosError } from '../../base/errors.ts';

/**
 * `checked`: the store is asked once whether it keeps conditions; `trusted`: it is known to;
 * `none`: it does not, and its user says that nobody else writes.
 */
export type ConditionMode = 'checked' | 'trusted' | 'none';

/** A conditional put of something that is there: what the store said. */
export type ProbeOutcome = 'refused' | 'taken' | 'unknown_to_it';

/**
 * Whether a bucket keeps `If-None-Match: *`. A store that takes such a put for a plain one would
 * let two writers overwrite each other's commits without a word, so the first put asks.
 */
export class ConditionalWrites {
  readonly mode: ConditionMode;
  #asked: Promise<void> | undefined;

  constructor(mode: ConditionMode) {
    this.mode = mode;
  }

  /** Fails with `invalid_config` where the store does not. Asks again after a failure. */
  async check(location: string, probe: () => Promise<ProbeOutcome>): Promise<void> {
    if (this.mode !== 'checked') return;
    this.#asked ??= checkOutcome(location, probe).catch((thrown: unknown) => {
      this.#asked = undefined;
      throw thrown;
    });
    await this.#asked;
  }
}

async function checkOutcome(location: string, probe: () => Promise<ProbeOutcome>): Promise<void> {
  const outcome = await probe();
  if (outcome === 'refused') return;
  const what =
    outcome === 'taken'
      ? 'overwrote an object that it was told to leave alone (If-None-Match: *)'
      : 'does not know conditional puts (If-None-Match: *)';
  throw new HeliosError(
    'invalid_config',
    `The store of ${location} ${what}: two writers would overwrite each other's commits.`,
    {
      hint:
        'Use a store that keeps conditions, or set storage.conditional_writes = ' +
        "'none' and see to it that nothing else ever writes there.",
    },
  );
}
