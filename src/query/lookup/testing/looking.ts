import { systemClock } from '../../../base/clock.ts';
import { type FixtureOptions, PipelineFixture } from '../../../pipeline/testing/fixture.ts';
import { LookupReader } from '../lookup-reader.ts';

/** Pipelines that may look tables up, on a clock that can be moved on. */
export class Looking {
  /** Added to the clock: tables are looked at again when it has grown enough. */
  #passedMs = 0;

  async open(): Promise<PipelineFixture> {
    return await PipelineFixture.open(undefined, this.#options());
  }

  /** Tables are looked at again before the next epoch. */
  pass(): void {
    this.#passedMs += 60_000;
  }

  #options(): FixtureOptions {
    return {
      lookups: (tables, temporaryDirectory) =>
        new LookupReader({ tables, clock: systemClock, temporaryDirectory }),
      clock: {
        ...systemClock,
        sleep: async (durationMs, signal) => {
          await systemClock.sleep(Math.min(durationMs, 5), signal);
        },
        monotonicMs: () => systemClock.monotonicMs() + this.#passedMs,
      },
    };
  }
}

export function http(stream: string): string {
  return `WITH (connector = 'http', format = 'json', type = 'source', stream = '${stream}')`;
}

export function sinkOf(name: string): string {
  return `CREATE TABLE ${name} WITH (connector = 'delta', path = 'tables/${name}', type = 'sink');`;
}

export const ordersTable: string = `CREATE TABLE orders (id INT, currency TEXT, amount DOUBLE)
  ${http('orders')};`;

/** A pipeline that fills the table `rates`. */
export const ratesPipeline: string = `CREATE TABLE raw (currency TEXT, rate DOUBLE) ${http('raw')};
  ${sinkOf('rates')} INSERT INTO rates SELECT currency, rate FROM raw;`;

export function order(id: number, currency: string | null, amount: number): string {
  return JSON.stringify({ id, currency, amount });
}

export async function create(helios: PipelineFixture, name: string, sql: string): Promise<void> {
  await helios.supervisor.create({ name, sql, isAdopting: false });
}
