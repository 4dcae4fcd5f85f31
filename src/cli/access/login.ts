import type { Command } from 'commander';
import type { LoginLinkAnswer } from '../../server/access/access-api.ts';
import { onCall, withExamples, type Runner } from '../commands/command.ts';

export function addLoginCommand(program: Command, run: Runner): void {
  const command = program
    .command('login')
    .description('a link that opens the console once, for who has no token at hand');
  withExamples(command, ['login', 'login --url https://helios.example.com --token env:TOKEN']);
  onCall(command, run, async ({ client, output, signal }) => {
    const path = '/api/v1/login-links';
    const link = await client.json<LoginLinkAnswer>({ method: 'POST', path, signal });
    if (output.isJson) return output.json(link);
    output.talk(`Opens the console once, until ${link.expires_at}:`);
    await output.line(link.url);
  });
}
