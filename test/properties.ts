import * as fc from 'fast-check';

/**
 * fast-check for every property test: the same cases at each run, so that a change fails by what it
 * changed. `HELIOS_SEED=$RANDOM npm test` tries cases that nobody has tried yet.
 */
fc.configureGlobal({ seed: Number(process.env['HELIOS_SEED'] ?? 1) });

export { fc };
