import { type ReactNode, useState } from 'react';
import type { ErrorBody } from '../../server/api.ts';
import { errorBodyOf } from '../api/request.ts';
import { Failure } from '../parts/failure.tsx';
import { signOut } from './session.ts';

/** Ends the session in this browser. */
export function SignOut(): ReactNode {
  const [error, setError] = useState<ErrorBody>();
  const leave = (): void => {
    signOut().catch((thrown: unknown) => setError(errorBodyOf(thrown)));
  };
  return (
    <>
      <button type="button" className="button" onClick={leave}>
        Sign out
      </button>
      {error !== undefined && <Failure error={error} />}
    </>
  );
}
