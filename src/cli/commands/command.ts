import type { Command } from 'commander';
import type { Scope } from '../scope.ts';

/** What a command was called with: words and options, its own and the global ones. */
export type Call<Options> = { readonly words: readonly string[]; readonly options: Options };

/** Options that every command takes. */
export type GlobalOptions = {
  readonly url?: string | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly color?: boolean | undefined;
  readonly debug?: boolean | undefined;
  readonly logLevel?: string | undefined;
};

/** Runs a command's work in a scope of its own. A number is the exit code; nothing is 0. */
export type Runner = (
  options: GlobalOptions,
  work: (scope: Scope) => Promise<number | void>,
) => Promise<void>;

/** Gives `command` its work. `Options` are those that were declared on it. */
export function onCall<Options extends object>(
  command: Command,
  run: Runner,
  work: (scope: Scope, call: Call<Options>) => Promise<number | void>,
): void {
  command.action(async () => {
    // Commander knows what was declared; the type repeats it here, once for each command.
    const options = command.optsWithGlobals<Options & GlobalOptions>();
    await run(options, (scope) => work(scope, { words: command.args, options }));
  });
}

/** The first word that was given; commander has checked that it is there where it must be. */
export function wordAt(words: readonly string[], index: number): string {
  return words[index] ?? '';
}

/** Examples stand before everything else in a command's help. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText(
    'before',
    `Examples:\n${examples.map((example) => `  $ helios ${example}`).join('\n')}\n`,
  );
}
