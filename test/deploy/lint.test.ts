import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { machinePolicy, morePolicy } from '../../src/deploy/permissions/deploy-policy.ts';
import { stackTemplate } from '../../src/deploy/template/stack.ts';
import { everything, variants } from '../../src/deploy/testing/variants.ts';
import { pythonWith } from '../peers/python.ts';

/** It knows every type and property of CloudFormation; emulators take what they don't know. */
const python = await pythonWith(['cfn-lint==1.51.0']);

const templates = Object.entries({
  ...variants,
  everything: everything.ec2,
  everythingOnFargate: everything.fargate,
});

test.skipIf(python === undefined)('cfn-lint finds nothing in any template', async () => {
  const named = templates.map(([name, settings]) => [name, stackTemplate(settings)] as const);
  const found = await lint([
    ...named,
    ['permissions', policiesTemplate()],
    ['wrong', wrongTemplate()],
  ]);
  // That one shows that it looks.
  expect(found).toContain('AWS::Helios::Bogus');
  expect(found).toContain('15 is not one of');
  expect(named.length).toBeGreaterThan(8);
  expect(found.split('\n').filter((line) => !line.startsWith('wrong.json:'))).toEqual(['']);
});

/** What one needs to deploy: it knows the names of actions, too. */
function policiesTemplate(): object {
  const place = { account: '111122223333', region: 'us-east-1' };
  const policies = { Machine: machinePolicy(place), More: morePolicy(place) };
  const Type = 'AWS::IAM::ManagedPolicy';
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Resources: Object.fromEntries(
      Object.entries(policies).map(([name, PolicyDocument]) => [
        name,
        { Type, Properties: { PolicyDocument } },
      ]),
    ),
  };
}

function wrongTemplate(): object {
  const template = stackTemplate(everything.ec2);
  const { LogGroup } = template.Resources;
  const Bogus = { Type: 'AWS::Helios::Bogus', Properties: {} };
  const Broken = { ...LogGroup, Properties: { ...LogGroup?.Properties, RetentionInDays: 15 } };
  return { ...template, Resources: { ...template.Resources, Bogus, Broken } };
}

const program = 'import sys; from cfnlint.runner import main; sys.exit(main())';

/** What it says of these. Everything in one process: most of its time is its start. */
async function lint(named: readonly (readonly [string, object])[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'helios-lint-'));
  try {
    const files = named.map(([name]) => `${name}.json`);
    await Promise.all(
      named.map(([name, template]) =>
        writeFile(join(folder, `${name}.json`), JSON.stringify(template)),
      ),
    );
    const options = { cwd: folder, env: { HOME: folder, AWS_REGION: 'us-east-1' } };
    const words = ['-c', program, '--format', 'parseable', ...files];
    return await promisify(execFile)(python ?? '', words, options).then(
      ({ stdout }) => stdout,
      // Its exit code says how bad it is; 1 is a failure of its own.
      (failure: { readonly stdout: string; readonly stderr: string; readonly code: number }) => {
        if (failure.code === 1) throw new Error(failure.stderr);
        return failure.stdout;
      },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
