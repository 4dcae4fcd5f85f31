import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { helmProgram } from '../peers/helm.ts';
import { pythonWith } from '../peers/python.ts';

const run = promisify(execFile);
const chart = join('packaging', 'helm', 'helios');
const token = 'adminToken.existingSecret=helios-admin-token';
/** The oldest that the chart is for, and the newest whose schemas there are. */
const kubernetesVersions = ['1.27', '1.37'];

const withinAws = [
  'adminToken.reference=ssm:/helios/team/admin-token',
  'state.url=s3://bucket/helios',
  'ack.where=s3',
  'persistence.enabled=false',
  'aws.region=eu-central-1',
  String.raw`serviceAccount.annotations.eks\.amazonaws\.com/role-arn=arn:aws:iam::111122223333:role/helios`,
];
const outside = [
  token,
  'publicUrl=https://helios.example.com',
  'ingress.enabled=true',
  'ingress.className=nginx',
  'ingress.tlsSecret=certificate',
  'networkPolicy.enabled=true',
  'networkPolicy.egress[0].to[0].ipBlock.cidr=10.0.0.0/8',
  'persistence.storageClass=gp3',
  'image.digest=sha256:' + '0'.repeat(64),
];

const helm = await helmProgram();
const python = await pythonWith(['kubernetes-validate==1.37.0']);

describe.runIf(helm !== undefined && python !== undefined)('the chart', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'helios-chart-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('helm lint finds nothing', async () => {
    const { stdout } = await run(helm!, ['lint', '--strict', chart, '--set', token]);
    expect(stdout).toContain('1 chart(s) linted, 0 chart(s) failed');
  });

  const cases = kubernetesVersions.flatMap((version) => [
    [version, 'alone', [token]] as const,
    [version, 'with its state in S3', withinAws] as const,
    [version, 'behind an ingress', outside] as const,
  ]);
  test.each(cases)('for Kubernetes %s, %s: all is of its schema', async (version, _, settings) => {
    const rendered = await render(settings, version);
    const path = join(folder, 'rendered.yaml');
    await writeFile(path, rendered);
    const validate = ['-m', 'kubernetes_validate', '--strict', '-k', version, path];
    const { stdout, stderr } = await run(python!, validate);
    const passed = `${stdout}${stderr}`.match(/passed for resource/g) ?? [];
    expect(passed.length).toBe(parseAllDocuments(rendered).length);
  });

  test('the role of AWS stands at the service account, the token comes from SSM', async () => {
    const rendered = await render(withinAws, '1.33');
    expect(rendered).toContain('eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/helios');
    expect(rendered).toContain('value: "ssm:/helios/team/admin-token"');
    expect(rendered).not.toContain('volumeClaimTemplates');
  });

  test('the host of the ingress is that of the public address', async () => {
    expect(await render(outside, '1.33')).toContain('host: "helios.example.com"');
  });

  test.each([
    ['no admin token', [], "at '/adminToken': 'oneOf' failed"],
    ['two pods', [token, 'replicas=2'], "additional properties 'replicas' not allowed"],
    ['a state that is no bucket', [token, 'state.url=http://x'], "at '/state/url'"],
    ['a path in the address', [token, 'publicUrl=https://a.test/b'], "at '/publicUrl'"],
    ['--ack s3 without a bucket', [token, 'ack.where=s3'], 'state.url to s3://BUCKET/PREFIX'],
    ['nothing that lasts', [token, 'persistence.enabled=false'], 'events would go with the pod'],
    ['an ingress without a host', [token, 'ingress.enabled=true'], 'needs publicUrl'],
  ])('%s is refused, and why', async (_, settings, reason) => {
    await expect(render(settings, '1.33')).rejects.toThrow(reason);
  });
});

async function render(settings: readonly string[], version: string): Promise<string> {
  const set = settings.flatMap((one) => ['--set', one]);
  const words = ['template', 'my', chart, '--namespace', 'team', '--kube-version', version];
  return (await run(helm!, [...words, ...set])).stdout;
}
