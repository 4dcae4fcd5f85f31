import { didYouMeanHint } from '../../base/did-you-mean.ts';
import { HeliosError } from '../../base/errors.ts';
import { listTables, showTable } from '../commands/table.ts';
import { showPlan } from '../pipeline/plan.ts';
import type { Scope } from '../scope.ts';
import { outputFormats, type OutputFormat } from './query.ts';

/** What the shell's own commands change. */
export type ShellState = { format: OutputFormat; isTiming: boolean };

const help = `  \\d            tables
  \\d NAME       columns and facts of a table
  \\plan NAME    operators of a pipeline
  \\format NAME  ${outputFormats.join(', ')}
  \\timer        how long a statement took, on or off
  \\q            leave (also Ctrl+D)
  Tab completes, Ctrl+C cancels the statement that runs.
`;

/** Runs a command that starts with a backslash. False: the shell ends. */
export async function runMeta(scope: Scope, state: ShellState, line: string): Promise<boolean> {
  const [command, ...words] = line.replace(/;$/, '').split(/\s+/);
  const word = words.join(' ').replace(/^"(.*)"$/, '$1');
  switch (command) {
    case '\\q':
    case '\\quit':
      return false;
    case '\\?':
    case '\\help':
      await scope.output.data(help);
      return true;
    case '\\d':
      await (word === '' ? listTables(scope) : showTable(scope, word));
      return true;
    case '\\plan':
      await showPlan(scope, word);
      return true;
    case '\\timer':
      state.isTiming = word === '' ? !state.isTiming : word === 'on';
      scope.output.talk(`Timer is ${state.isTiming ? 'on' : 'off'}.`);
      return true;
    case '\\format':
      state.format = parseFormat(word);
      scope.output.talk(`Format is ${state.format}.`);
      return true;
    default:
      throw new HeliosError('invalid_request', `There is no command ${command}.`, {
        hint: '\\? lists what there is.',
      });
  }
}

function parseFormat(word: string): OutputFormat {
  const format = outputFormats.find((known) => known === word);
  if (format !== undefined) return format;
  throw new HeliosError('invalid_request', `There is no format "${word}".`, {
    hint: didYouMeanHint(word, outputFormats) ?? `Formats are ${outputFormats.join(', ')}.`,
  });
}
