import { type ReactNode, useState } from 'react';
import type { ErrorBody, PipelineAnswer } from '../../../server/api.ts';
import type { DemoAnswer } from '../../../server/demo/demo-api.ts';
import { useMay } from '../../access/use-door.ts';
import { usePolled } from '../../api/polled.ts';
import { errorBodyOf, request } from '../../api/request.ts';
import { Link } from '../../link.tsx';
import { Failure } from '../../parts/failure.tsx';

const path = '/api/v1/demo';
const everyMs = 5000;

/** A shop whose events come at a click, for whoever has none or wants to look around. */
export function DemoShop({
  pipelines,
}: {
  readonly pipelines: readonly PipelineAnswer[];
}): ReactNode {
  const { value, again } = usePolled<DemoAnswer>(path, everyMs);
  const [error, setError] = useState<ErrorBody>();
  const [isBusy, setBusy] = useState(false);
  const change = async (method: 'POST' | 'DELETE'): Promise<void> => {
    setBusy(true);
    try {
      await request<DemoAnswer>(path, { method });
      setError(undefined);
    } catch (thrown) {
      setError(errorBodyOf(thrown));
    }
    setBusy(false);
    again();
  };
  const mayChange = useMay('admin');
  const isKnown = pipelines.some(({ name }) => name === 'shop');
  // A Helios that was not started by its command has no shop.
  if (value === undefined || (!mayChange && !isKnown)) return null;
  return (
    <section className="section home-demo" aria-label="Demo shop">
      <span className={value.open ? 'state good' : 'quiet'} role="status">
        {value.open && (
          <span className="mark" aria-hidden="true">
            ●
          </span>
        )}
        {wordsOf(value.open, isKnown)}
      </span>
      {mayChange && (
        <button
          type="button"
          className="button"
          disabled={isBusy}
          onClick={() => void change(value.open ? 'DELETE' : 'POST')}
        >
          {buttonOf(value.open, isBusy)}
        </button>
      )}
      {isKnown && <Link href="/dashboards/shop">Its dashboard</Link>}
      {error !== undefined && <Failure error={error} />}
    </section>
  );
}

function wordsOf(isOpen: boolean, isKnown: boolean): string {
  if (isOpen) return 'The demo shop is open: some 50 events a second go into the stream events.';
  if (isKnown) return 'The demo shop is closed: what came of its events stays.';
  return 'Or look around with a small shop’s events, in two tables and on a dashboard.';
}

function buttonOf(isOpen: boolean, isBusy: boolean): string {
  if (isBusy) return isOpen ? 'Closing…' : 'Opening…';
  return isOpen ? 'Close the shop' : 'Open the demo shop';
}
