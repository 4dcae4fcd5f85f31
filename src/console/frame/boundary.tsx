import { Component, type ReactNode } from 'react';
import { errorBodyOf } from '../api/request.ts';
import { Failure } from '../parts/failure.tsx';

/** Keeps a page that breaks from taking the frame along. */
export class Boundary extends Component<
  { readonly children: ReactNode },
  { readonly thrown?: unknown }
> {
  override state: { readonly thrown?: unknown } = {};

  static getDerivedStateFromError(thrown: unknown): { readonly thrown: unknown } {
    return { thrown };
  }

  override render(): ReactNode {
    if (!('thrown' in this.state)) return this.props.children;
    return (
      <section className="section">
        <Failure error={errorBodyOf(this.state.thrown)}>
          <button type="button" className="button" onClick={() => this.setState({})}>
            Show the page again
          </button>
        </Failure>
      </section>
    );
  }
}
