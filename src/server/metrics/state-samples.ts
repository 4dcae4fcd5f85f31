import type { Clock } from '../../base/clock.ts';
import type { SurvivingState } from '../dependencies.ts';
import type { Sample } from './metrics.ts';

/** How far what is on this machine alone goes back. */
export function stateSamples(state: SurvivingState | undefined, clock: Clock): readonly Sample[] {
  if (state === undefined) return [];
  const { number, keptAtMs, failing } = state.status();
  const ageMs = Math.max(0, clock.nowMs() - keptAtMs);
  return [
    { name: 'helios_state_number', labels: {}, value: number },
    { name: 'helios_state_kept_age_seconds', labels: {}, value: ageMs / 1000 },
    { name: 'helios_state_failing', labels: {}, value: failing === undefined ? 0 : 1 },
  ];
}
