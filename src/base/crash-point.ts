/**
 * Places at which a test may end the process the hard way, to prove that recovery works from there.
 * Not armed, a crash point costs one comparison.
 */
export type CrashPointName =
  | 'after-part'
  | 'before-manifest'
  | 'after-manifest'
  | 'after-data-file'
  | 'before-commit'
  | 'after-commit'
  | 'during-checkpoint'
  | 'during-log-append'
  | StateCrashPointName
  | CareCrashPointName;

/** Where the state that survives its machine is put; only with `--state`. */
export type StateCrashPointName =
  | 'after-kept-parts'
  | 'after-state'
  | 'during-restore'
  | 'before-log-put'
  | 'after-log-put';

/** Where files are merged, which happens when it is due. */
export type CareCrashPointName = 'after-compacted-file' | 'after-compaction';

export const crashPointNames: readonly CrashPointName[] = [
  'after-part',
  'before-manifest',
  'after-manifest',
  'after-data-file',
  'before-commit',
  'after-commit',
  'during-checkpoint',
  'during-log-append',
];

type Armed = { readonly name: string; hitsLeft: number; readonly crash: () => void };

/** One process has one fate: the single piece of module state in Helios. */
let armed: Armed | undefined;

/** Arms `<name>:<nth hit>`; what follows a second colon is the caller's. */
export function armCrashPoint(text: string, crash: () => void): void {
  const [name = '', hits = '1'] = text.split(':');
  armed = { name, hitsLeft: Number(hits), crash };
}

/** Ends the process here if a test asked for it. */
export function crashPoint(name: CrashPointName): void {
  if (armed === undefined || armed.name !== name) return;
  armed.hitsLeft--;
  if (armed.hitsLeft === 0) armed.crash();
}
