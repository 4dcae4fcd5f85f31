import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Cloud } from './cloud.ts';
import { Machine } from './machine.ts';
import { parameter, putLogLines } from './moto-calls.ts';

const bucket = 'helios-shop-123456789012-eu-central-1';

/** What a command took of its own, for people who wonder; nothing depends on it. */
function note(what: string, sinceMs: number): void {
  const seconds = ((performance.now() - sinceMs) / 1_000).toFixed(1);
  process.stderr.write(`${what}: ${seconds} s\n`);
}

test('a whole life: configure, deploy, events, queries, upgrade, Ctrl+C, resume, destroy', async () => {
  const parts: { machine?: Machine } = {};
  await using cloud = await Cloud.start({
    machine: {
      started: async () => await parts.machine?.start(),
      url: () => parts.machine?.url,
    },
  });
  if (cloud === undefined) return;
  await using theMachine = new Machine({
    name: 'shop',
    bucket: () => bucket,
    environment: () => ({ AWS_ENDPOINT_URL: cloud.moto.endpoint, AWS_REGION: 'eu-central-1' }),
  });
  parts.machine = theMachine;

  const configured = await cloud.run(
    'configure',
    '--name',
    'shop',
    '--region',
    'eu-central-1',
    '-y',
  );
  expect(configured).toMatchObject({ exitCode: 0, stdout: '' });
  const file = join(cloud.folder, 'helios.deploy.yaml');
  expect(await readFile(file, 'utf8')).toContain('name: shop');

  const planned = await cloud.run('deploy', '--dry-run', '--bundle', 'bundle.tar.gz');
  expect(planned.exitCode).toBe(0);
  expect(planned.stderr).toContain('+ Distribution, HTTPS address (CloudFront)');
  expect(cloud.formation.stack('helios-shop')).toBeUndefined();
  expect(await parameter(cloud, '/helios/shop/admin-token')).toBeUndefined();

  const refused = await cloud.run('deploy', '--bundle', 'bundle.tar.gz');
  expect(refused.exitCode).toBe(6);
  expect(await parameter(cloud, '/helios/shop/admin-token')).toBeUndefined();

  const startMs = performance.now();
  const deployed = await cloud.run('deploy', '--yes', '--bundle', 'bundle.tar.gz');
  note('deploy, with a Helios that really starts', startMs);
  expect(deployed, deployed.stderr).toMatchObject({ exitCode: 0 });
  expect(deployed.stdout).toContain('An event went in and came back in SQL');
  expect(deployed.stdout).toContain('/login#t=');
  const token = (await parameter(cloud, '/helios/shop/admin-token')) ?? '';
  const secret = (await parameter(cloud, '/helios/shop/origin-secret')) ?? '';
  expect(token).toMatch(/^hls_[\da-f]{10}_[\w-]{43}$/);
  expect(secret).toMatch(/^[\w-]{43}$/);
  expect(cloud.formation.stack('helios-shop')?.values['OriginSecret']).toBe(secret);

  const authorization = { authorization: `Bearer ${token}` };
  const send = async (first: number, count: number): Promise<void> => {
    const lines = Array.from(
      { length: count },
      (_, at) => `{"id":"sent-${first + at}","text":"t"}\n`,
    );
    const path = `${theMachine.url}/ingest/hello?wait=queryable`;
    const answer = await fetch(path, {
      method: 'POST',
      headers: authorization,
      body: lines.join(''),
    });
    expect(answer.status).toBe(200);
  };
  const countOf = async (where: string): Promise<number> => {
    const body = JSON.stringify({ sql: `select count(*) from hello where ${where}` });
    const headers = { ...authorization, 'content-type': 'application/json' };
    const path = `${theMachine.url}/api/v1/query`;
    const answer = await fetch(path, { method: 'POST', headers, body });
    const { rows } = (await answer.json()) as { readonly rows: readonly (readonly unknown[])[] };
    return Number(rows[0]?.[0]);
  };
  await send(0, 500);
  expect(await countOf("id like 'sent-%'")).toBe(500);

  // What was printed to go on with works as it stands.
  const way = ['--url', theMachine.url ?? '', '--token', 'ssm:/helios/shop/admin-token'];
  const made = await cloud.run('token', 'create', 'curl', '-s', 'ingest:hello', '-q', ...way);
  const path = `${theMachine.url}/ingest/hello?wait=queryable`;
  const bearer = { authorization: `Bearer ${made.stdout.trim()}` };
  const posted = await fetch(path, { method: 'POST', headers: bearer, body: '{"id": "1"}' });
  expect(posted.status).toBe(200);
  const asked = await cloud.run(
    'sql',
    ...way,
    '--format',
    'csv',
    '-c',
    'select count(*) from hello',
  );
  expect(asked.stdout).toContain('502');

  const status = await cloud.run('status', '--no-cost');
  expect(status, status.stderr).toMatchObject({ exitCode: 0 });
  expect(status.stdout).toContain('pipeline  hello: running');
  await putLogLines(cloud, '/helios/shop', ['Helios is at …', 'all is well']);
  const logs = await cloud.run('logs', '--since', '1h');
  expect(logs.stdout).toMatch(/Helios is at …\n.*all is well\n/);

  // An upgrade, interrupted while CloudFormation is at work.
  await writeFile(join(cloud.folder, 'newer.tar.gz'), 'another bundle');
  cloud.formation.plays.push({ stall: 500 });
  const upgrade = cloud.begin('deploy', '--yes', '--bundle', 'newer.tar.gz');
  await seen(() => cloud.formation.stack('helios-shop')?.status === 'UPDATE_IN_PROGRESS');
  upgrade.interrupt();
  expect(await upgrade.exitCode).toBe(130);
  expect(upgrade.stderr()).toContain('goes on without this command');
  expect(cloud.formation.stack('helios-shop')?.status).toBe('UPDATE_IN_PROGRESS');
  await send(500, 10);

  const resumed = await cloud.run('deploy', '--yes', '--bundle', 'newer.tar.gz');
  expect(resumed, resumed.stderr).toMatchObject({ exitCode: 0 });
  expect(resumed.stderr).toContain('CloudFormation is at work on helios-shop');
  expect(resumed.stderr).toContain('nothing to change');
  expect(theMachine.count).toBe(2);
  // The first machine and its disk are gone; what it had acknowledged is not.
  expect(await countOf("id like 'sent-%'")).toBe(510);

  const back = await cloud.run('rollback', '--yes');
  expect(back, back.stderr).toMatchObject({ exitCode: 0, stdout: 'Helios 0.1.0 runs again.\n' });
  expect(theMachine.count).toBe(3);
  expect(await countOf("id like 'sent-%'")).toBe(510);
  expect((await cloud.run('rollback', '--yes')).exitCode).toBe(4);

  const kept = await cloud.run('destroy', '--yes');
  expect(kept, kept.stderr).toMatchObject({ exitCode: 0 });
  expect(kept.stdout).toContain(`but the bucket ${bucket}, which stays`);
  expect(await parameter(cloud, '/helios/shop/admin-token')).toBeUndefined();
  await theMachine[Symbol.asyncDispose]();

  // Anew, over the bucket that stayed: the events are there again.
  const anew = await cloud.run('deploy', '--yes', '--bundle', 'newer.tar.gz');
  expect(anew, anew.stderr).toMatchObject({ exitCode: 0 });
  expect(await readFile(file, 'utf8')).toContain(`bucket: ${bucket}`);
  authorization.authorization = `Bearer ${await parameter(cloud, '/helios/shop/admin-token')}`;
  expect(await countOf("id like 'sent-%'")).toBe(510);
  await theMachine[Symbol.asyncDispose]();

  const unconfirmed = await cloud.run('destroy', '--delete-data', '--yes');
  expect(unconfirmed.exitCode).toBe(6);
  expect(unconfirmed.stderr).toContain(`--confirm ${bucket}`);
  expect(cloud.formation.stack('helios-shop')?.status).toMatch(/COMPLETE$/);
  const gone = await cloud.run('destroy', '--delete-data', '--yes', '--confirm', bucket);
  expect(gone, gone.stderr).toMatchObject({ exitCode: 0 });
  expect(gone.stdout).toBe(
    "Gone: AWS's inventory has nothing tagged helios:stack=shop any more.\n",
  );

  for (const { stdout, stderr } of [deployed, resumed, back, kept, anew, gone, status]) {
    expect(stdout + stderr).not.toContain(secret);
    expect(stdout + stderr).not.toContain(token);
  }
});

async function seen(isTrue: () => boolean): Promise<void> {
  await expect.poll(isTrue, { timeout: 30_000, interval: 5 }).toBe(true);
}
