import type { Command } from 'commander';
import { onCall, withExamples, type Runner } from './command.ts';

export function addConfigCommand(program: Command, run: Runner): void {
  const command = program
    .command('config')
    .description('the settings in force: flags over HELIOS_* over ./helios.yaml over defaults')
    .option('--explain', 'with the origin of each value');
  withExamples(command, ['config', 'config --explain']);
  onCall<{ explain?: boolean }>(command, run, async (scope, { options }) => {
    const entries = Object.entries(scope.config);
    const origins: Readonly<Record<string, string>> = scope.origins;
    const explained = entries.map(([key, value]) => [key, { value, origin: origins[key] }]);
    if (scope.output.isJson) {
      const settings = options.explain === true ? Object.fromEntries(explained) : scope.config;
      return scope.output.json({ settings });
    }
    if (options.explain === true) {
      return scope.table(
        [{ name: 'setting' }, { name: 'value' }, { name: 'origin' }],
        entries.map(([key, value]) => [key, valueText(value), origins[key]]),
      );
    }
    // The lines are a helios.yaml that says the same.
    for (const [key, value] of entries) await scope.output.line(`${key}: ${valueText(value)}`);
  });
}

function valueText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number'
    ? String(value)
    : JSON.stringify(value);
}
