import type { Command } from 'commander';
import type { ConsequencesAnswer } from '../../server/edit/edit-api.ts';
import { pathPart } from '../client/client.ts';
import { onCall, type Runner, withExamples, wordAt } from '../commands/command.ts';
import { inSource } from '../failures.ts';
import type { Scope } from '../scope.ts';
import { changed, discard, type LossOptions, pipelinePath, weighLoss, yes } from './change.ts';
import type { ScriptText } from './function-files.ts';
import { checkScript, inlineScript, type ScriptOptions, scriptOf } from './script.ts';

type EditOptions = ScriptOptions &
  LossOptions & { readonly dryRun?: boolean; readonly dropState?: boolean };

export function addEditCommand(group: Command, run: Runner): void {
  const edit = group
    .command('edit <name> [file]')
    .description('replace the script; positions and state stay where they can; says first what not')
    .option(...inlineScript)
    .option('--dry-run', 'only say what would be kept, lost and begun anew')
    .option('--drop-state', 'operators that are not in it as they were lose what they keep')
    .option(...discard)
    .option(...yes);
  withExamples(edit, ['pipeline edit shop shop.sql --dry-run', 'pipeline edit shop shop.sql']);
  onCall<EditOptions>(edit, run, async (scope, { words, options }) => {
    const source = await scriptOf(scope, wordAt(words, 1), options.command);
    await checkScript(scope, source);
    const name = wordAt(words, 0);
    const consequences = await consequencesOf(scope, name, source);
    if (options.dryRun === true) return await showAll(scope, consequences);
    for (const message of notable(consequences)) scope.output.talk(message);
    await weighLoss(scope, name, 'Edit', options);
    const isLosing = consequences.loses_state && options.discard !== true;
    if (isLosing && options.dropState !== true) {
      await scope.confirm(`Edit pipeline ${name}? ${lossText(consequences)}`, options.yes === true);
    }
    const body = { sql: source.sql, ...(isLosing ? { drop_state: true } : {}) };
    const path = pipelinePath(name, options);
    await changed(scope, 'Edited', () =>
      inSource(source, () =>
        scope.client.json({ method: 'PATCH', path, body, signal: scope.signal }),
      ),
    );
  });
}

async function consequencesOf(
  scope: Scope,
  name: string,
  source: ScriptText,
): Promise<ConsequencesAnswer> {
  const path = `/api/v1/pipelines/${pathPart(name)}/consequences`;
  const body = { sql: source.sql };
  return await inSource(source, () =>
    scope.client.json<ConsequencesAnswer>({ method: 'POST', path, body, signal: scope.signal }),
  );
}

async function showAll(scope: Scope, consequences: ConsequencesAnswer): Promise<void> {
  if (scope.output.isJson) return scope.output.json(consequences);
  const { operators, sources, sinks } = consequences;
  for (const { message } of [...operators, ...sources, ...sinks]) await scope.output.line(message);
  if (consequences.loses_state) scope.output.talk('The edit needs --drop-state, or an answer.');
  scope.output.talk('Nothing was changed.');
}

/** What is not as it was. */
function notable({ operators, sources, sinks }: ConsequencesAnswer): readonly string[] {
  const others = [...sources, ...sinks].filter(({ effect }) => effect !== 'kept');
  return [...operators, ...others].map(({ message }) => message);
}

function lossText({ operators }: ConsequencesAnswer): string {
  const lost = operators.filter(({ effect, state }) => effect === 'lost' && (state?.rows ?? 0) > 0);
  return `What is kept for ${lost.map(({ label }) => label).join(' and ')} will be lost.`;
}
