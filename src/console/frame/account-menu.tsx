import { type ReactNode, useRef, useState } from 'react';
import type { PrincipalAnswer } from '../../server/access/access-api.ts';
import { SignOut } from '../access/sign-out.tsx';
import { useDoor } from '../access/use-door.ts';
import { Link } from '../link.tsx';
import { Fact } from '../parts/fact.tsx';
import { Floating } from '../parts/floating.tsx';
import { Icon } from '../parts/icon.tsx';
import { Time } from '../time/time.tsx';

/** Who is signed in, and the way out; nothing where nobody has to. */
export function AccountMenu(): ReactNode {
  const state = useDoor();
  return state.kind === 'in' ? <Account principal={state.principal} /> : null;
}

function Account({ principal }: { readonly principal: PrincipalAnswer }): ReactNode {
  const button = useRef<HTMLButtonElement>(null);
  const [anchor, setAnchor] = useState<DOMRect>();
  const { name, scopes, expires_at } = principal;
  return (
    <>
      <button
        ref={button}
        type="button"
        className="button plain frame-account"
        aria-haspopup="dialog"
        aria-expanded={anchor !== undefined}
        aria-label={`Signed in as ${name}`}
        title={`Signed in as ${name}`}
        onClick={() => setAnchor(button.current?.getBoundingClientRect())}
      >
        <Icon name="person" />
        <span className="wide">{name}</span>
      </button>
      {anchor !== undefined && (
        <Floating anchor={anchor} label="Your session" onClose={() => setAnchor(undefined)}>
          <div className="frame-session">
            <dl>
              <Fact name="Signed in as">{name}</Fact>
              <Fact name="May">{scopes.join(', ')}</Fact>
              {expires_at !== undefined && (
                <Fact name="Until">
                  <Time at={expires_at} to="minute" />
                </Fact>
              )}
            </dl>
            {scopes.includes('admin') && <Link href="/settings">Settings have all tokens</Link>}
            <SignOut />
          </div>
        </Floating>
      )}
    </>
  );
}
