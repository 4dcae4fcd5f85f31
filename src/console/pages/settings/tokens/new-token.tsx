import type { ReactNode } from 'react';
import type { NewTokenAnswer } from '../../../../server/access/access-api.ts';
import { Copyable } from '../../../parts/copyable.tsx';
import { Dialog } from '../../../parts/dialog.tsx';

/** A token that was just made, the only time that it is seen, with how it is used. */
export function NewToken({
  made,
  onClose,
}: {
  readonly made: NewTokenAnswer;
  readonly onClose: () => void;
}): ReactNode {
  const { name, token, origins } = made;
  const address = ingestAddress(made);
  return (
    <Dialog title={`The token ${name}`} isWide onClose={onClose}>
      <div className="settings-token-form">
        <p>
          <strong>Copy it now:</strong> Helios keeps only a hash of it, and can’t show it again.
        </p>
        <Copyable text={token} what="the token" />
        {address !== undefined && (
          <>
            <p>Send an event with it:</p>
            <Copyable
              text={`curl ${address} -H 'Authorization: Bearer ${token}' -d '{"msg": "test"}'`}
              what="the command"
            />
          </>
        )}
        {address !== undefined && origins.length > 0 && (
          <>
            <p>From a page of {origins.join(' or ')}, also while it is left:</p>
            <Copyable
              text={
                `navigator.sendBeacon('${address}?token=${token}', ` +
                'JSON.stringify({ page: location.pathname }));'
              }
              what="the code"
            />
          </>
        )}
        <div className="dialog-buttons">
          <button type="button" className="button main" onClick={onClose}>
            I have it
          </button>
        </div>
      </div>
    </Dialog>
  );
}

/** Where the first stream that it may send to takes events. */
function ingestAddress({ scopes }: NewTokenAnswer): string | undefined {
  const stream = scopes.find((scope) => scope.startsWith('ingest:'))?.slice('ingest:'.length);
  if (stream === undefined) return undefined;
  const below = stream === '*' ? '' : `/${encodeURIComponent(stream)}`;
  return `${location.origin}/ingest${below}`;
}
