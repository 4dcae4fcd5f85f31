import { Argument, type Command } from 'commander';
import { unreachable } from '../../base/assert.ts';
import { onCall, withExamples, wordAt, type Runner } from './command.ts';

export function addCompletionCommand(program: Command, run: Runner): void {
  const command = program
    .command('completion')
    .description('a script that completes commands and options in your shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']));
  withExamples(command, [
    'completion bash > ~/.local/share/bash-completion/completions/helios',
    'completion zsh > ~/.zfunc/_helios',
    'completion fish > ~/.config/fish/completions/helios.fish',
  ]);
  onCall(command, run, async (scope, { words }) => {
    const shell = wordAt(words, 0);
    await scope.output.data(completionScript(parseShell(shell), wordsAfter(program)));
  });
}

type Shell = 'bash' | 'zsh' | 'fish';

/** What may follow each command: its commands and its long options. The program itself is ''. */
type Words = ReadonlyMap<string, readonly string[]>;

function parseShell(text: string): Shell {
  return text === 'zsh' || text === 'fish' ? text : 'bash';
}

function wordsAfter(program: Command): Words {
  const words = new Map<string, readonly string[]>();
  const visit = (command: Command, path: string): void => {
    const options = command.options
      .map((option) => option.long ?? '')
      .filter((long) => long !== '');
    words.set(path, [...command.commands.map((inner) => inner.name()), ...options, '--help']);
    for (const inner of command.commands) visit(inner, `${path} ${inner.name()}`.trim());
  };
  visit(program, '');
  return words;
}

function completionScript(shell: Shell, words: Words): string {
  switch (shell) {
    case 'bash':
      return bashScript(words);
    case 'zsh':
      return `#compdef helios\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(words)}`;
    case 'fish':
      return fishScript(words);
    default:
      return unreachable(shell);
  }
}

function bashScript(words: Words): string {
  const cases = [...words].map(([path, after]) => `    '${path}') words='${after.join(' ')}' ;;`);
  return `_helios() {
  local path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  while :; do
    case "$path" in
${cases.map((line) => `  ${line}`).join('\n')}
      *' '*) path="\${path% *}"; continue ;;
      *) path=''; continue ;;
    esac
    break
  done
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _helios helios
`;
}

function fishScript(words: Words): string {
  const lines = [...words].map(([path, after]) => {
    const parts = path === '' ? [] : path.split(' ');
    const seen = parts.map((part) => `__fish_seen_subcommand_from ${part}`).join('; and ');
    const condition = seen === '' ? '__fish_use_subcommand' : seen;
    return `complete -c helios -n '${condition}' -a '${after.join(' ')}'`;
  });
  return `${lines.join('\n')}\n`;
}
