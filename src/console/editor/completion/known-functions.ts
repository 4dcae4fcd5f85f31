import type { FunctionListAnswer } from '../../../server/api.ts';
import { request } from '../../api/request.ts';
import { after } from '../../clock.ts';

export type KnownFunction = FunctionListAnswer['functions'][number];

type Functions = ReadonlyMap<string, KnownFunction>;

/** A server that is away is asked again after so long. */
const againMs = 10_000;

/** The functions that there are: asked for when they are first needed, once. */
class FunctionStore {
  #functions: Functions = new Map();
  #answer: Promise<void> | undefined;

  get(): Functions {
    this.#answer ??= this.#ask();
    return this.#functions;
  }

  async whenAnswered(): Promise<Functions> {
    this.get();
    await this.#answer;
    return this.#functions;
  }

  async #ask(): Promise<void> {
    try {
      const { functions } = await request<FunctionListAnswer>('/api/v1/functions');
      this.#functions = new Map(functions.map((one) => [one.name.toLowerCase(), one]));
    } catch {
      // Completion does without until then.
      after(againMs, () => {
        this.#answer = undefined;
      });
    }
  }
}

const store = new FunctionStore();

/** The functions that there are, by name in lower case; none before the server has told them. */
export function knownFunctions(): Functions {
  return store.get();
}

/** The same, once the server has told them; none if it doesn't. */
export async function answeredFunctions(): Promise<Functions> {
  return await store.whenAnswered();
}
