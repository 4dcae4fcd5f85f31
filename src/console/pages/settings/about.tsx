import type { ReactNode } from 'react';
import type { HealthAnswer } from '../../../server/health-api.ts';
import { usePolled } from '../../api/polled.ts';
import { useRows } from '../../api/rows.ts';
import { Ago } from '../../parts/ago.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Failure } from '../../parts/failure.tsx';
import { duration } from '../../text.ts';

const everyMs = 5000;

/** What runs, where its state is, and how far queries are kept from the rest. */
export function About(): ReactNode {
  const { value, error } = usePolled<HealthAnswer>('/healthz', everyMs);
  const duckdb = useRows({ sql: 'SELECT version() AS version' }, 0).rows?.[0]?.['version'];
  return (
    <section className="section" aria-labelledby="settings-about">
      <header>
        <h2 id="settings-about">About</h2>
      </header>
      {error !== undefined && <Failure error={error} />}
      {value !== undefined && (
        <dl className="settings-facts">
          <Fact name="Helios">
            {value.version}, up {duration(value.uptime_ms)}
          </Fact>
          <Fact name="DuckDB">{duckdb ?? '…'}</Fact>
          {value.sandbox !== undefined && (
            <>
              <StateFact state={value.state} />
              <Fact name="Queries: network">{networkWords[value.sandbox.network]}</Fact>
              <Fact name="Queries: user">{userWords[value.sandbox.user]}</Fact>
              <Fact name="Queries: memory">{memoryWords[value.sandbox.memory]}</Fact>
            </>
          )}
        </dl>
      )}
      <p className="settings-links">
        <a href="/api/v1/openapi.json">The HTTP API, as OpenAPI</a>
        <a href="/metrics">Metrics, for Prometheus</a>
      </p>
    </section>
  );
}

function StateFact({ state }: Pick<HealthAnswer, 'state'>): ReactNode {
  if (state === undefined) {
    return <Fact name="State">on this machine alone: it goes when its disk goes</Fact>;
  }
  return (
    <Fact name="State">
      survives this machine, in <code>{state.location}</code>; kept <Ago at={state.kept_at} />
      {state.failing !== undefined && (
        <span className="state bad">
          failing since <Ago at={state.failing.since} />: {state.failing.message}
        </span>
      )}
    </Fact>
  );
}

const networkWords = {
  isolated: 'one of their own, with nothing in it',
  shared: 'the machine’s: the gate and DuckDB alone keep them from it',
} as const;

const userWords = {
  nobody: 'nobody, who owns nothing',
  same: 'the same as Helios’s',
  root: 'root, as Helios is',
} as const;

const memoryWords = {
  limited: 'bounded by the system',
  watched: 'watched: one that grows too large is ended',
} as const;
