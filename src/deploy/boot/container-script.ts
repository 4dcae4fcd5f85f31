/**
 * What a container of Node does to become Helios: it fetches the bundle from S3 with the task's
 * role (the image has no tool of AWS, so the request is signed here, as AWS's Signature Version 4
 * says), checks its sha256, unpacks it and starts it, and beside it the observer, whose lines of
 * metrics go to the same log. It ends with Helios's exit code; ECS starts it again.
 */
export const containerScript: string = `'use strict';
const { createHash, createHmac } = require('node:crypto');
const { spawn, spawnSync } = require('node:child_process');
const { mkdirSync, writeFileSync } = require('node:fs');
const env = process.env;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

function signed(url, keys, region, now) {
  const time = now.toISOString().replace(/[:-]|\\.\\d{3}/g, '');
  const scope = time.slice(0, 8) + '/' + region + '/s3/aws4_request';
  const headers = {
    host: url.host,
    'x-amz-content-sha256': sha256(''),
    'x-amz-date': time,
    'x-amz-security-token': keys.Token,
  };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => name + ':' + value + '\\n').join('');
  const request = ['GET', url.pathname, '', lines, names, sha256('')].join('\\n');
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\\n');
  const parts = [time.slice(0, 8), region, 's3', 'aws4_request'];
  const key = parts.reduce(hmac, 'AWS4' + keys.SecretAccessKey);
  const signature = hmac(key, text).toString('hex');
  headers.authorization = 'AWS4-HMAC-SHA256 Credential=' + keys.AccessKeyId + '/' + scope +
    ', SignedHeaders=' + names + ', Signature=' + signature;
  return headers;
}

async function fetchBundle() {
  const path = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const agent = env.HELIOS_CREDENTIALS || 'http://169.254.170.2' + path;
  const keys = await (await fetch(agent)).json();
  const origin = env.HELIOS_S3 || 'https://s3.' + env.AWS_REGION + '.amazonaws.com';
  const url = new URL('/' + env.BUCKET + '/' + env.BUNDLE_KEY, origin);
  const answer = await fetch(url, { headers: signed(url, keys, env.AWS_REGION, new Date()) });
  if (!answer.ok) throw new Error(url + ': ' + answer.status + ' ' + (await answer.text()));
  return Buffer.from(await answer.arrayBuffer());
}

async function main() {
  const bundle = await fetchBundle();
  const found = sha256(bundle);
  if (found !== env.BUNDLE_SHA256) throw new Error('the bundle has the wrong sha256: ' + found);
  const folder = env.HELIOS_FOLDER || '/opt/helios';
  mkdirSync(folder, { recursive: true });
  mkdirSync(env.HELIOS_DATA, { recursive: true });
  writeFileSync(folder + '/bundle.tar.gz', bundle);
  const words = ['-xzf', folder + '/bundle.tar.gz', '-C', folder, '--no-same-owner'];
  const unpacked = spawnSync('tar', words, { stdio: 'inherit' });
  if (unpacked.status !== 0) throw new Error('the bundle could not be unpacked');
  const program = folder + '/helios/helios';
  const observer = spawn(program, ['observe'], { stdio: ['ignore', 'inherit', 'inherit'] });
  observer.on('error', (error) => console.error('helios observe: ' + error.message));
  const helios = spawn(program, ['start'], { stdio: ['ignore', 'inherit', 'inherit'] });
  for (const name of ['SIGTERM', 'SIGINT']) process.on(name, () => helios.kill(name));
  helios.on('exit', (code) => {
    observer.kill();
    process.exit(code === null ? 1 : code);
  });
}

main().catch((error) => {
  console.error('Helios could not be started: ' + error.message);
  process.exit(1);
});
`;
