import { type ReactNode, useState } from 'react';
import type {
  NewTokenAnswer,
  TokenAnswer,
  TokenListAnswer,
} from '../../../../server/access/access-api.ts';
import { useDoor, useMay } from '../../../access/use-door.ts';
import { usePolled } from '../../../api/polled.ts';
import { Failure } from '../../../parts/failure.tsx';
import { CreateToken } from './create-token.tsx';
import { NewToken } from './new-token.tsx';
import { RevokeToken } from './revoke-token.tsx';
import { TokenTable } from './token-table.tsx';
import './tokens.css';

const everyMs = 5000;

/** Who may do what, for admins; nothing for others. */
export function Tokens(): ReactNode {
  return useMay('admin') ? <TokenSection /> : null;
}

type Open =
  | { readonly kind: 'create' }
  | { readonly kind: 'new'; readonly token: NewTokenAnswer }
  | { readonly kind: 'revoke'; readonly token: TokenAnswer };

function TokenSection(): ReactNode {
  const { value, error, again } = usePolled<TokenListAnswer>('/api/v1/tokens', everyMs);
  const door = useDoor();
  const [open, setOpen] = useState<Open>();
  const close = (): void => setOpen(undefined);
  return (
    <section className="section" aria-labelledby="settings-tokens">
      <header>
        <h2 id="settings-tokens">Tokens</h2>
        <button type="button" className="button end" onClick={() => setOpen({ kind: 'create' })}>
          New token …
        </button>
      </header>
      {error !== undefined && <Failure error={error} />}
      {door.kind === 'open' && (
        <p className="quiet">
          Programs of this machine need none. Others do, once Helios listens beyond it, or was
          started with --require-token.
        </p>
      )}
      {value?.tokens.length === 0 && (
        <p className="quiet">There is no token yet. One says who asks, and what they may do.</p>
      )}
      {value !== undefined && value.tokens.length > 0 && (
        <TokenTable
          tokens={value.tokens}
          onRevoke={(token) => setOpen({ kind: 'revoke', token })}
        />
      )}
      {open?.kind === 'create' && (
        <CreateToken
          onMade={(token) => {
            setOpen({ kind: 'new', token });
            again();
          }}
          onClose={close}
        />
      )}
      {open?.kind === 'new' && <NewToken made={open.token} onClose={close} />}
      {open?.kind === 'revoke' && (
        <RevokeToken
          token={open.token}
          onRevoked={() => {
            close();
            again();
          }}
          onClose={close}
        />
      )}
    </section>
  );
}
