import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import type { ErrorBody } from '../../server/api.ts';
import type { PrincipalAnswer } from '../../server/access/access-api.ts';
import { errorBodyOf } from '../api/request.ts';
import { Failure } from '../parts/failure.tsx';
import { Field } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { signIn } from './session.ts';
import { useLinkError } from './use-door.ts';
import './sign-in.css';

/**
 * Lies over everything until somebody has signed in: the page below stays as it is, so that one
 * goes on where one was, and nobody else sees it meanwhile.
 */
export function SignIn({ was }: { readonly was: PrincipalAnswer | undefined }): ReactNode {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    const from = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (from instanceof HTMLElement) from.focus();
    };
  }, []);
  // Browsers let nobody hold a window open against Escape: it is opened anew.
  const stay = (): void => {
    if (element.current?.isConnected === true) element.current.showModal();
  };
  return (
    <dialog
      ref={element}
      className="sign-in"
      aria-labelledby="sign-in-title"
      onCancel={(event) => event.preventDefault()}
      onClose={stay}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div className="sign-in-box">
        <p className="sign-in-brand">
          <Icon name="sun" /> Helios
        </p>
        <h1 id="sign-in-title">{was === undefined ? 'Sign in' : 'Your session has ended'}</h1>
        {was !== undefined && (
          <p>
            What you were doing is still here: sign in as {was.name} to go on. Somebody else finds
            the page loaded anew.
          </p>
        )}
        <TokenForm />
        <Ways />
      </div>
    </dialog>
  );
}

function TokenForm(): ReactNode {
  const [token, setToken] = useState('');
  const [isAsking, setAsking] = useState(false);
  const linkError = useLinkError();
  const [tokenError, setError] = useState<ErrorBody>();
  const error = tokenError ?? linkError;
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setAsking(true);
    try {
      await signIn({ token: token.trim() });
    } catch (thrown) {
      setError(errorBodyOf(thrown));
      setAsking(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Field label="Token" note="It begins with hls_, unless Helios was started with one.">
        {(wiring) => (
          <input
            {...wiring}
            className="input code"
            type="password"
            name="token"
            autoComplete="current-password"
            autoFocus
            required
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        )}
      </Field>
      {error !== undefined && <Failure error={error} />}
      <button type="submit" className="button main" disabled={isAsking || token.trim() === ''}>
        {isAsking ? 'Signing in…' : 'Sign in'}
      </button>
    </form>
  );
}

/** How else one gets in. */
function Ways(): ReactNode {
  return (
    <div className="sign-in-ways quiet">
      <p>No token? An admin makes one:</p>
      <pre>helios token create NAME --scope console</pre>
      <p>Who has one on the command line opens this page by a link:</p>
      <pre>helios login</pre>
    </div>
  );
}
