import { type ReactNode, useState } from 'react';
import type { TokenAnswer } from '../../../../server/access/access-api.ts';
import { Ago } from '../../../parts/ago.tsx';
import { Time } from '../../../time/time.tsx';

/** All tokens, those in force first; the others only where they are asked for. */
export function TokenTable({
  tokens,
  onRevoke,
}: {
  readonly tokens: readonly TokenAnswer[];
  readonly onRevoke: (token: TokenAnswer) => void;
}): ReactNode {
  const [isAll, setAll] = useState(false);
  const active = tokens.filter(({ state }) => state === 'active');
  const over = tokens.filter(({ state }) => state !== 'active');
  const shown = isAll ? [...active, ...over] : active;
  return (
    <>
      {shown.length > 0 && (
        <div className="table-scroll" role="region" aria-label="Who may do what" tabIndex={0}>
          <table className="table settings-tokens">
            <thead>
              <tr>
                <th>name</th>
                <th>may</th>
                <th>last used</th>
                <th>expires</th>
                <th>state</th>
                <th>
                  <span className="visually-hidden">end it</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((token) => (
                <TokenRow key={token.id} token={token} onRevoke={onRevoke} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {over.length > 0 && (
        <p>
          <button
            type="button"
            className="button plain"
            aria-expanded={isAll}
            onClick={() => setAll(!isAll)}
          >
            {isAll ? 'Hide' : 'Show'} {over.length} revoked or expired
          </button>
        </p>
      )}
    </>
  );
}

function TokenRow({
  token,
  onRevoke,
}: {
  readonly token: TokenAnswer;
  readonly onRevoke: (token: TokenAnswer) => void;
}): ReactNode {
  const { id, name, scopes, origins, rate, state, created_by, created_at } = token;
  return (
    <tr>
      <td className="settings-name">
        {name}
        <span className="quiet settings-token-note">
          {id}, made by {created_by} <Ago at={created_at} />
        </span>
      </td>
      <td className="settings-token-scopes">
        {scopes.join(', ')}
        {origins.length > 0 && (
          <span className="quiet settings-token-note">pages of {origins.join(', ')}</span>
        )}
        {rate !== undefined && (
          <span className="quiet settings-token-note">{rate} requests a second</span>
        )}
      </td>
      <td>{token.last_used_at === undefined ? 'never' : <Ago at={token.last_used_at} />}</td>
      <td>
        {token.expires_at === undefined ? 'never' : <Time at={token.expires_at} to="minute" />}
      </td>
      <td>
        <span className={state === 'active' ? 'state good' : 'state'}>
          <span className="mark" aria-hidden="true">
            {state === 'active' ? '●' : '○'}
          </span>
          {state}
        </span>
      </td>
      <td>
        {state !== 'revoked' && (
          <button type="button" className="button" onClick={() => onRevoke(token)}>
            Revoke …<span className="visually-hidden"> {name}</span>
          </button>
        )}
      </td>
    </tr>
  );
}
