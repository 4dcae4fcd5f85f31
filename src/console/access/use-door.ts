import { useSyncExternalStore } from 'react';
import type { ErrorBody } from '../../server/api.ts';
import { door, type DoorState, type Need } from './door.ts';

/** Who is signed in here. */
export function useDoor(): DoorState {
  return useSyncExternalStore(
    (onChange) => door.watch(onChange),
    () => door.state,
  );
}

/** Why the link that this page was opened with doesn't sign in. */
export function useLinkError(): ErrorBody | undefined {
  return useSyncExternalStore(
    (onChange) => door.watch(onChange),
    () => door.linkError,
  );
}

/** Whether who is here may do so; what they may not is left out, or says why. */
export function useMay(need: Need): boolean {
  useDoor();
  return door.may(need);
}

/** How a command to take along begins: with a token where Helios asks for one. */
export function useCurl(): string {
  const { kind } = useDoor();
  return kind === 'open' ? 'curl' : 'curl -H "Authorization: Bearer $HELIOS_TOKEN"';
}
