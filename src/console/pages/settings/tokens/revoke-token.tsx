import { type ReactNode, type SyntheticEvent, useState } from 'react';
import type { TokenAnswer } from '../../../../server/access/access-api.ts';
import type { ErrorBody } from '../../../../server/api.ts';
import { useDoor } from '../../../access/use-door.ts';
import { errorBodyOf, send } from '../../../api/request.ts';
import { DialogButtons } from '../../../parts/dialog-buttons.tsx';
import { Dialog } from '../../../parts/dialog.tsx';
import { Failure } from '../../../parts/failure.tsx';

/** Ends a token for good, once that was said a second time. */
export function RevokeToken({
  token,
  onRevoked,
  onClose,
}: {
  readonly token: TokenAnswer;
  readonly onRevoked: () => void;
  readonly onClose: () => void;
}): ReactNode {
  const door = useDoor();
  const [error, setError] = useState<ErrorBody>();
  const isOwn = door.kind === 'in' && door.principal.name === token.name;
  const revoke = (event: SyntheticEvent): void => {
    event.preventDefault();
    send(`/api/v1/tokens/${encodeURIComponent(token.id)}`, { method: 'DELETE' }).then(
      onRevoked,
      (thrown: unknown) => setError(errorBodyOf(thrown)),
    );
  };
  return (
    <Dialog title={`Revoke ${token.name}?`} onClose={onClose}>
      <form className="settings-token-form" onSubmit={revoke}>
        <p>
          It may {token.scopes.join(', ')}. Programs that use it are refused from now on, and who is
          signed in with it is signed out. It can’t be brought back.
        </p>
        {isOwn && (
          <p className="notice hot">You are signed in with this one: you will have to sign in.</p>
        )}
        {error !== undefined && <Failure error={error} />}
        <DialogButtons action="Revoke" cancel="Keep it" isDanger onClose={onClose} />
      </form>
    </Dialog>
  );
}
