import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSigner } from '../../connection/aws/signer.ts';
import { containerScript } from './container-script.ts';

const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret', sessionToken: 'session' };
let root: string;
let bundle: Buffer;
let asked: IncomingMessage[];

/** The agent of ECS, and S3. */
const server = createServer((request, response) => {
  asked.push(request);
  if (request.url !== '/keys') return void response.end(bundle);
  const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = credentials;
  response.end(JSON.stringify({ AccessKeyId, SecretAccessKey, Token: credentials.sessionToken }));
});

beforeEach(async () => {
  asked = [];
  root = await mkdtemp(join(tmpdir(), 'helios-container-'));
  await mkdir(join(root, 'helios'));
  const program = `#!/bin/sh
echo "$1" >> "$HELIOS_FOLDER/ran"
if [ "$1" = start ]; then while [ "$(wc -l < "$HELIOS_FOLDER/ran")" -lt 2 ]; do :; done; exit 7; fi
exec sleep 60
`;
  await writeFile(join(root, 'helios', 'helios'), program, { mode: 0o755 });
  await promisify(execFile)('tar', ['-czf', 'made.tar.gz', 'helios'], { cwd: root });
  bundle = await readFile(join(root, 'made.tar.gz'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  await rm(root, { recursive: true, force: true });
});

async function run(sha256: string): Promise<{ code: number | null; output: string }> {
  const { port } = server.address() as AddressInfo;
  const child = spawn(process.execPath, ['-e', containerScript], {
    env: {
      PATH: process.env['PATH'],
      ...{ BUCKET: 'bucket', BUNDLE_KEY: 'releases/helios 1.tar.gz', BUNDLE_SHA256: sha256 },
      AWS_REGION: 'eu-central-1',
      HELIOS_S3: `http://127.0.0.1:${port}`,
      HELIOS_CREDENTIALS: `http://127.0.0.1:${port}/keys`,
      HELIOS_FOLDER: join(root, 'opt'),
      HELIOS_DATA: join(root, 'data'),
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

test('fetches the bundle by a signed request, starts Helios and who watches it', async () => {
  const sha256 = createHash('sha256').update(bundle).digest('hex');
  expect(await run(sha256)).toEqual({ code: 7, output: '' });
  const ran = (await readFile(join(root, 'opt', 'ran'), 'utf8')).trim().split('\n');
  expect(ran.toSorted()).toEqual(['observe', 'start']);
  const [, get] = asked;
  expect(get?.url).toBe('/bucket/releases/helios%201.tar.gz');
  expect(get?.headers.authorization).toBe(await signatureOf(get));
});

test('a bundle that is another one is not started', async () => {
  const { code, output } = await run('0'.repeat(64));
  expect(code).toBe(1);
  expect(output).toContain('Helios could not be started: the bundle has the wrong sha256');
});

/** As AWS's own library signs the same request at the same moment. */
async function signatureOf(request: IncomingMessage | undefined): Promise<string | undefined> {
  if (request === undefined) return 'nothing was asked';
  const { headers, url = '' } = request;
  const time = String(headers['x-amz-date']);
  const iso = time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const signer = createSigner({ service: 's3', region: 'eu-central-1', credentials });
  const signed = await signer.sign(
    {
      ...{ method: 'GET', protocol: 'http:', hostname: '127.0.0.1', path: decodeURI(url) },
      headers: {
        host: String(headers.host),
        'x-amz-content-sha256': String(headers['x-amz-content-sha256']),
      },
    },
    { signingDate: new Date(iso) },
  );
  return signed.headers['authorization'];
}
