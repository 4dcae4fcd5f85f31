import type { ReactNode } from 'react';
import type { PrincipalAnswer } from '../../server/access/access-api.ts';
import { SignOut } from './sign-out.tsx';

/** In place of any page, for who is signed in with a token that is made for a program. */
export function CannotRead({ principal }: { readonly principal: PrincipalAnswer }): ReactNode {
  const { name, scopes } = principal;
  return (
    <section className="section sign-in-page">
      <h1>This token doesn’t open the console</h1>
      <p>
        You are signed in as <strong>{name}</strong>, which may do {scopes.join(', ')} and nothing
        else. The console takes one of the scopes read-only, console and admin.
      </p>
      <p>
        <SignOut />
      </p>
    </section>
  );
}
