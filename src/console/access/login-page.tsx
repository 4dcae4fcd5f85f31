import type { ReactNode } from 'react';
import type { PageProps } from '../frame/pages.tsx';
import { Link } from '../link.tsx';
import { Failure } from '../parts/failure.tsx';
import { SignOut } from './sign-out.tsx';
import { useDoor, useLinkError } from './use-door.ts';

/** `/login` for who is in already; whoever isn't has the form in front of it. */
export function LoginPage(_props: PageProps): ReactNode {
  const state = useDoor();
  const linkError = useLinkError();
  if (state.kind !== 'in' && linkError !== undefined) {
    return (
      <section className="section sign-in-page">
        <h1>Sign in</h1>
        <Failure error={linkError} />
        <p>
          The link can’t be used twice. <Link href="/">Home</Link>
        </p>
      </section>
    );
  }
  if (state.kind !== 'in') {
    return (
      <section className="section sign-in-page">
        <h1>Nobody needs to sign in here</h1>
        <p>
          This Helios answers programs of its own machine without asking who they are.{' '}
          <Link href="/">Home</Link>
        </p>
      </section>
    );
  }
  return (
    <section className="section sign-in-page">
      <h1>You are signed in as {state.principal.name}</h1>
      {linkError !== undefined && <Failure error={linkError} />}
      <p>
        <Link href="/">Go to the home page</Link>, or sign out to come in as somebody else.
      </p>
      <p>
        <SignOut />
      </p>
    </section>
  );
}
