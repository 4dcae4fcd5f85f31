import type {
  QuarantineTrialAnswer,
  ReplayAnswer,
} from '../../../../server/quarantine/quarantine-api.ts';
import { count } from '../../../text.ts';

/** What a trial has found, as a sentence. */
export function trialText({ selected, tried, passing }: QuarantineTrialAnswer): string {
  if (selected === 0) return 'No record is left that could be replayed.';
  const isCut = tried < selected;
  const which = isCut
    ? `the oldest ${count(tried)} of ${count(selected)} records`
    : recordsText(tried);
  if (passing === tried) {
    if (tried === 1) return 'It would pass now.';
    return `All ${isCut ? `of ${which}` : which} would pass now.`;
  }
  if (passing === 0) {
    return tried === 1
      ? 'It would still be rejected.'
      : `None of ${isCut ? which : `the ${which}`} would pass now.`;
  }
  return `${count(passing)} of ${which} would pass now.`;
}

/** How far a replay is, as a sentence. */
export function replayText({ state, selected, replayed, failed }: ReplayAnswer): string {
  const done = replayed + failed;
  const of = selected === undefined ? '' : ` of ${count(selected)}`;
  switch (state) {
    case 'waiting':
      return 'Waiting for the pipeline to run, or for another replay of it to end.';
    case 'running':
      return `Replaying: ${count(done)}${of} ${done === 1 ? 'is' : 'are'} done.`;
    case 'done': {
      const good = `${count(replayed)} ${replayed === 1 ? 'record was' : 'records were'} replayed`;
      if (failed === 0) return `${good}; none failed again.`;
      return `${good}; ${count(failed)} failed again, and ${failed === 1 ? 'stays' : 'stay'} here.`;
    }
  }
}

/** `1 record`, `312 records` */
export function recordsText(records: number): string {
  return `${count(records)} ${records === 1 ? 'record' : 'records'}`;
}
