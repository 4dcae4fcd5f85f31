import { HeliosError } from '../../base/errors.ts';
import type { ConnectionBody } from '../../server/api.ts';
import type { InferAnswerDocument } from '../../server/discovery/discovery-answers.ts';
import type { ConnectionFlags } from '../connection-flags.ts';
import { withFlags } from '../discovery/flag-words.ts';
import type { Scope } from '../scope.ts';
import type { Asker } from './asker.ts';
import type { ConnectApi } from './connect-api.ts';

export type ConnectFlags = ConnectionFlags & {
  readonly connection?: string;
  readonly stream?: string;
  readonly table?: string;
  readonly from?: string;
  readonly count?: number;
  readonly offset?: string;
  readonly metadata?: boolean;
  /** False: goes on at once where there is no record. */
  readonly wait?: boolean;
  readonly yes?: boolean;
};

/** What is chosen to go back. */
export const back = ':back';

export type Direction = 'next' | 'back';

/** Where to go on. `skip`: there was nothing to do here, on the way there or back. */
export type StepEnd = Direction | 'skip';

export type Step = (journey: Journey, direction: Direction) => Promise<StepEnd>;

/**
 * The way from nothing to a table that can be asked: what is known so far, and what was made. Steps
 * fill it in; who goes back finds the answers from before.
 */
export class Journey {
  readonly scope: Scope;
  readonly api: ConnectApi;
  readonly asker: Asker;
  readonly flags: ConnectFlags;
  kind: ConnectionBody['kind'] | undefined;
  /** What was typed of an address. */
  address: ConnectionFlags = {};
  /** Of a connection that is kept, old or new. */
  connection: string | undefined;
  isNewConnection = false;
  stream: string | undefined;
  table: string | undefined;
  offset: string | undefined;
  draft: InferAnswerDocument | undefined;
  sql: string | undefined;
  pipeline: string | undefined;

  constructor(parts: Pick<Journey, 'scope' | 'api' | 'asker' | 'flags'>) {
    this.scope = parts.scope;
    this.api = parts.api;
    this.asker = parts.asker;
    this.flags = parts.flags;
  }

  /** `cancelled` ends it; any other failure too, unless somebody can choose what to do. */
  async run(steps: readonly Step[]): Promise<void> {
    let direction: Direction = 'next';
    for (let at = 0; at < steps.length;) {
      const step = steps[at];
      const end: StepEnd = step === undefined ? 'next' : await this.#attempt(step, direction);
      if (end !== 'skip') direction = end;
      if (direction === 'back' && at === 0) direction = 'next';
      else at += direction === 'back' ? -1 : 1;
    }
  }

  /** What only a step before can have told. */
  require(name: 'connection' | 'stream' | 'table' | 'sql'): string {
    const value = this[name];
    if (value !== undefined) return value;
    throw new HeliosError('internal', `A step of connect lacks the ${name}.`);
  }

  /** Takes back a connection that nothing uses yet. */
  async forgetConnection(): Promise<void> {
    const { connection, isNewConnection } = this;
    this.connection = undefined;
    this.isNewConnection = false;
    if (connection !== undefined && isNewConnection) await this.api.deleteConnection(connection);
  }

  async #attempt(step: Step, direction: Direction): Promise<StepEnd> {
    for (;;) {
      try {
        return await step(this, direction);
      } catch (thrown) {
        const isFinal = !(thrown instanceof HeliosError) || thrown.code === 'cancelled';
        if (isFinal || !this.asker.isInteractive) throw thrown;
        const { output } = this.scope;
        output.talk(output.paintTalk('red', thrown.message));
        if (thrown.hint !== undefined) output.talk(withFlags(thrown.hint));
        if ((await this.afterFailure()) === 'back') return 'back';
      }
    }
  }

  /** `cancelled` for who gives up. */
  async afterFailure(): Promise<'again' | 'back'> {
    const question = { flag: 'after-failure', message: 'What now?' };
    const answer = await this.asker.choose(question, [
      { value: 'again', label: 'Try again' },
      { value: 'back', label: 'Back' },
      { value: 'quit', label: 'Quit' },
    ]);
    if (answer === 'again' || answer === 'back') return answer;
    throw gaveUp();
  }
}

export function gaveUp(): HeliosError {
  return new HeliosError('cancelled', 'Quit.');
}
