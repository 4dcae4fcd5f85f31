import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CliResult, FakeApi } from '../../src/cli/testing/fixture.ts';
import { answeringHelios } from './answering-helios.ts';
import { Cloud } from './cloud.ts';
import { Refusal } from './cloudformation.ts';
import { deleteAll, halfMadeStack, makeFullBucket, versionsIn } from './full-bucket.ts';
import { createStream, createTagged, deleteStream, parameter } from './moto-calls.ts';

const bucket = 'helios-shop-123456789012-eu-central-1';
const stackName = 'helios-shop';

const api: FakeApi = await answeringHelios();
const cloud = await Cloud.start({
  machine: { started: () => Promise.resolve(), url: () => api.url },
});

afterAll(async () => {
  await cloud?.[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

describe.skipIf(cloud === undefined)('every state has its way on', () => {
  const aws = cloud as Cloud;
  const settings = 'name: shop\nregion: eu-central-1\n';

  beforeAll(async () => {
    // moto loads each service when it is first asked for, which takes seconds.
    await aws.run('configure', '--name', 'shop', '--region', 'eu-central-1', '--yes');
  });

  beforeEach(async () => {
    await aws.reset();
    await writeFile(join(aws.folder, 'helios.deploy.yaml'), settings);
  });

  const deploy = async (...more: readonly string[]): Promise<CliResult> =>
    await aws.run('deploy', '--yes', '--bundle', 'bundle.tar.gz', ...more);
  const status = (): string | undefined => aws.formation.stack(stackName)?.status;
  const changing = ['CreateChangeSet', 'ExecuteChangeSet', 'DeleteStack', 'ContinueUpdateRollback'];
  const changed = (): readonly string[] =>
    aws.formation.seen.filter((action) => changing.includes(action));

  async function good(...more: readonly string[]): Promise<CliResult> {
    const result = await deploy(...more);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(status()).toMatch(/^(CREATE|UPDATE)_COMPLETE$/);
    return result;
  }

  async function refused(exitCode: number, ...words: readonly (string | RegExp)[]): Promise<void> {
    const result = await deploy();
    expect(result.exitCode, result.stderr).toBe(exitCode);
    for (const word of words) expect(result.stderr).toMatch(word);
  }

  test.each([
    [{}, 'was not made by Helios'],
    [{ 'helios:stack': 'other' }, 'is of the Helios "other"'],
  ])("somebody else's stack %j is not touched", async (tags, words) => {
    aws.formation.addStack(stackName, 'ROLLBACK_COMPLETE', tags);
    await refused(6, words);
    for (const command of ['destroy', 'rollback', 'status']) {
      const flags = command === 'status' ? ['--no-cost'] : ['--yes'];
      expect((await aws.run(command, ...flags)).exitCode).toBe(6);
    }
    expect(changed()).toEqual([]);
  });

  test('a machine that does not come up: undone, said why, and made by the next run', async () => {
    const reason = 'Failed to receive 1 resource signal(s) within the specified duration';
    aws.formation.plays.push({}, { fails: 'Machine', reason });
    await refused(
      6,
      'First to fail was the machine',
      'within the specified duration',
      'helios logs',
    );
    expect(status()).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await parameter(aws, '/helios/shop/admin-token')).toMatch(/^hls_/);
    await good();
  });

  test('a first creation that failed is deleted, and made anew', async () => {
    aws.formation.plays.push({ fails: 'LogGroup', reason: '/helios/shop already exists' });
    await refused(6, 'First to fail was the log group LogGroup: /helios/shop already exists');
    expect(status()).toBe('ROLLBACK_COMPLETE');
    const { stderr } = await good();
    expect(stderr).toContain('What is left of it is deleted first');
  });

  test('a rollback that failed is gone on with', async () => {
    await good();
    await writeFile(join(aws.folder, 'newer.tar.gz'), 'newer');
    aws.formation.plays.push({
      fails: 'LaunchTemplate',
      reason: 'Rate exceeded',
      undoing: 'fails',
    });
    const failed = await deploy('--bundle', 'newer.tar.gz');
    expect(failed.exitCode).toBe(6);
    expect(status()).toBe('UPDATE_ROLLBACK_FAILED');
    const { stderr } = await good('--bundle', 'newer.tar.gz');
    expect(stderr).toContain('so did its undoing: undoing it again');
  });

  test('one that fails again leaves out what is stuck, if told so', async () => {
    await good();
    await writeFile(join(aws.folder, 'newer.tar.gz'), 'newer');
    const stuck = {
      fails: 'LaunchTemplate',
      reason: 'Internal Failure',
      undoing: 'fails',
    } as const;
    aws.formation.plays.push(stuck, stuck);
    expect((await deploy('--bundle', 'newer.tar.gz')).exitCode).toBe(6);
    const unasked = await aws.run('deploy', '--bundle', 'newer.tar.gz');
    expect(unasked.exitCode).toBe(6);
    expect(unasked.stderr).toContain('Leave LaunchTemplate as they are');
    await good('--bundle', 'newer.tar.gz');
  });

  describe("yesterday's half-made stack with a full bucket", () => {
    test.each(['ROLLBACK_FAILED', 'DELETE_FAILED'])(
      '%s: asked what becomes of it',
      async (state) => {
        await makeFullBucket(aws, { name: bucket, owner: 'shop', versions: 3 });
        halfMadeStack(aws, state, bucket);
        await refused(6, 'holds data, so it was not deleted', '--keep-bucket', '--empty-bucket');
        expect(await versionsIn(aws, bucket)).toBe(3);
        const kept = await good('--keep-bucket');
        expect(kept.stderr).toContain('it goes on with it');
        // The bundle has come to it.
        expect(await versionsIn(aws, bucket)).toBe(4);
        const written = await readFile(join(aws.folder, 'helios.deploy.yaml'), 'utf8');
        expect(written).toContain(`\nbucket: ${bucket}\n`);
      },
    );

    test('emptied, more than a batch of it, once its name was typed', async () => {
      await makeFullBucket(aws, { name: bucket, owner: 'shop', versions: 503 });
      await deleteAll(aws, bucket);
      halfMadeStack(aws, 'DELETE_FAILED', bucket);
      const emptied = await good('--empty-bucket', bucket);
      expect(emptied.stderr).toContain(`Deleted 1006 objects and versions of ${bucket}`);
      expect(await versionsIn(aws, bucket)).toBe(1);
    });

    test('a wrong name empties nothing', async () => {
      await makeFullBucket(aws, { name: bucket, owner: 'shop', versions: 3 });
      halfMadeStack(aws, 'DELETE_FAILED', bucket);
      const result = await deploy('--empty-bucket', 'another');
      expect(result.exitCode).toBe(6);
      expect(await versionsIn(aws, bucket)).toBe(3);
    });
  });

  test('throttling is waited out', async () => {
    aws.formation.throttled = 5;
    await good();
  });

  test('keys that expire in mid-way: said so, and the next run goes on', async () => {
    aws.formation.plays.push({}, { stall: 30 });
    const expired = new Refusal('ExpiredToken', 'The security token is expired');
    const run = aws.begin('deploy', '--yes', '--bundle', 'bundle.tar.gz');
    await expect.poll(() => status(), { timeout: 30_000, interval: 2 }).toBe('UPDATE_IN_PROGRESS');
    aws.formation.refused.set('DescribeStackEvents', expired);
    expect(await run.exitCode).toBe(5);
    expect(run.stderr()).toContain('The AWS credentials have expired');
    aws.formation.refused.clear();
    await good();
  });

  test('a long wait is told: how long, and for what', async () => {
    aws.formation.plays.push({}, { stall: 300 });
    const { stderr } = await good();
    expect(stderr).toMatch(/\d:\d\d {2}waits for CloudFormation/);
    expect(stderr).toMatch(/made +S3 bucket Bucket, took \d:\d\d/);
  });

  test('detached: CloudFormation goes on alone, and the next run checks', async () => {
    const detached = await deploy('--detach');
    expect(detached, detached.stderr).toMatchObject({ exitCode: 0 });
    expect(status()).toBe('UPDATE_IN_PROGRESS');
    expect((await good()).stderr).toContain('nothing to change');
  });

  test('what is missing is said before anything is made, all at once', async () => {
    aws.formation.denied.add('iam:PassRole').add('ec2:RunInstances');
    await makeFullBucket(aws, { name: bucket, versions: 0 });
    await refused(
      5,
      'Nothing was made, for 2 reasons',
      'lacks permissions: ec2:RunInstances, iam:PassRole',
      `The bucket ${bucket} is there already, in this account`,
    );
    expect(changed()).toEqual([]);
  });

  test('a stream more changes the policy alone; one that was deleted is named', async () => {
    await good();
    const arn = await createStream(aws, 'clicks');
    const { stderr } = await good('--add-stream', arn);
    expect(stderr).toMatch(/Changed:\n {2}~ Role, IAM role: Policies\n\n/);
    expect(stderr).toContain('In short: 1 changed.');
    const written = await readFile(join(aws.folder, 'helios.deploy.yaml'), 'utf8');
    expect(written).toContain(`  - arn: ${arn}`);
    await deleteStream(aws, 'clicks');
    await refused(4, `The stream ${arn} does not exist`, 'deleted meanwhile');
  });

  test('a deletion that fails says what is in its way, and goes on', async () => {
    await good();
    const reason = 'resource sg-1 has a dependent object';
    aws.formation.plays.push({ fails: 'SecurityGroup', reason: `${reason} (DependencyViolation)` });
    const failed = await aws.run('destroy', '--yes');
    expect(failed.exitCode).toBe(6);
    expect(failed.stderr).toContain('Something that is not of this stack uses it');
    expect(status()).toBe('DELETE_FAILED');
    expect((await aws.run('destroy', '--yes')).exitCode).toBe(0);
    // There is nothing any more but the data.
    const again = await aws.run('destroy', '--yes', '--json');
    expect(JSON.parse(again.stdout)).toEqual({ v: 1, kept_bucket: bucket, left: [] });
  });

  test('what is tagged and left is listed by the inventory', async () => {
    await good();
    const arn = await createTagged(aws, 'forgotten', 'shop');
    const { exitCode, stderr } = await aws.run('destroy', '--yes');
    expect(exitCode).toBe(6);
    expect(stderr).toContain(`AWS still lists 1: ${arn}`);
  });

  test('printing the template asks nothing of AWS', async () => {
    const { exitCode, stdout } = await deploy('--print-template');
    expect(exitCode).toBe(0);
    expect(Object.keys(JSON.parse(stdout) as object)).toContain('Resources');
    expect(aws.formation.seen).toEqual([]);
  });

  test('flags answer each question, and what is wrong with one is said', async () => {
    await aws.reset();
    const configure = async (...flags: readonly string[]): Promise<CliResult> =>
      await aws.run('configure', '--yes', '--no-check', ...flags);
    expect(await configure('--name', 'Shop')).toMatchObject({ exitCode: 2 });
    const place = ['--name', 'shop', '--region', 'eu-central-1'];
    expect(await configure(...place, '--size', 'huge')).toMatchObject({ exitCode: 2 });
    expect(await configure(...place, '--domain', 'a.example')).toMatchObject({ exitCode: 2 });
    expect(await configure(...place, '--size', 'medium')).toMatchObject({ exitCode: 0 });
    const file = await readFile(join(aws.folder, 'helios.deploy.yaml'), 'utf8');
    expect(file).toContain('\nsize: medium\n');
    expect((await aws.run('status', '--file', 'nowhere.yaml')).exitCode).toBe(4);
  });
});
