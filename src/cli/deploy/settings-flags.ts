import type { Command } from 'commander';
import { HeliosError } from '../../base/errors.ts';
import { parseInteger } from '../quantity.ts';
import type { Scope } from '../scope.ts';

/** Every setting by its flag, and where the file is. */
export type SettingsFlags = {
  readonly file: string;
  readonly name?: string;
  readonly region?: string;
  readonly profile?: string;
  readonly size?: string;
  readonly compute?: string;
  readonly stream?: readonly string[];
  readonly newStream?: string;
  readonly diskGb?: number;
  readonly dataBucket?: string;
  readonly domain?: string;
  readonly certificate?: string;
  readonly hostedZone?: string;
  readonly alarmEmail?: string;
  readonly permissionCheck: boolean;
};

/** Where settings are, beside what else a team keeps in its repository. */
const settingsFileName = 'helios.deploy.yaml';

export function withFileFlag(command: Command): Command {
  return command.option(
    '-f, --file <file>',
    'the settings, as configure writes them',
    settingsFileName,
  );
}

export function withSettingsFlags(command: Command): Command {
  return withFileFlag(command)
    .option('--name <name>', 'names the stack, helios-NAME, and all in it')
    .option('--region <region>', 'such as eu-central-1')
    .option('--profile <profile>', "of AWS's own files, also for single sign-on")
    .option('--size <size>', 'small, medium or large (small)')
    .option('--compute <kind>', 'ec2 or fargate (ec2)')
    .option('--stream <arn>', 'a Kinesis stream that it reads; repeat it', collect)
    .option('--new-stream <name>', 'a Kinesis stream that it makes')
    .option('--disk-gb <n>', 'its encrypted disk (20)', parseInteger(8, 16_384))
    .option('--data-bucket <bucket>', 'one that an earlier stack left; else it makes one')
    .option('--domain <name>', 'an own domain, with --certificate')
    .option('--certificate <arn>', 'of that domain, in ACM of us-east-1')
    .option('--hosted-zone <id>', 'of Route 53, that gets the alias')
    .option('--alarm-email <address>', 'gets a mail for each alarm')
    .option('--no-permission-check', "don't ask IAM what these credentials may do");
}

/** Whether there is somebody to ask. */
export function isAsked({ context, output }: Scope, isYes: boolean): boolean {
  return context.isStdinTty && context.isStderrTty && !output.isJson && !isYes;
}

export function noSettings(file: string): HeliosError {
  return new HeliosError('not_found', `There is no ${file} here.`, {
    hint: 'helios configure writes it; or say where it is with --file.',
  });
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
