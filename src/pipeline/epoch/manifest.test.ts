import { describe, expect, test } from 'vitest';
import { HeliosError } from '../../base/errors.ts';
import { decodeManifest, encodeManifest, type Manifest, manifestHash } from './manifest.ts';

const manifest: Manifest = {
  format: 1,
  pipeline: 'p',
  revision: 2,
  epoch: 7,
  incarnation: 'a',
  previous: 'b',
  createdAtMs: 5,
  watermarkMs: null,
  bytesIn: 10,
  recordsRejected: 1,
  recordsDropped: 0,
  sources: [{ name: 'é', identity: 'http s 1', positions: { '0': null, '1': '17' } }],
  sinks: [],
};

test('a manifest is read back as it was written, and one byte makes another hash', () => {
  const bytes = encodeManifest(manifest);
  expect(decodeManifest(bytes, 'x.json')).toEqual(manifest);
  expect(manifestHash(bytes)).toMatch(/^[0-9a-f]{64}$/);
  expect(manifestHash(bytes)).toBe(manifestHash(encodeManifest({ ...manifest })));
  expect(manifestHash(bytes)).not.toBe(manifestHash(encodeManifest({ ...manifest, epoch: 8 })));
});

describe('what is no manifest is refused with its path', () => {
  const whole = Buffer.from(encodeManifest(manifest)).toString();
  test.each([
    ['', "can't be read"],
    [whole.slice(0, 40), "can't be read"],
    ['[]', 'it is not a manifest'],
    ['{}', 'it is not a manifest'],
    [whole.replace('"format":1', '"format":2'), 'has manifest format 2'],
    [whole.replace('"epoch":7', '"epoch":"7"'), 'it is not a manifest'],
    [whole.replace('"sinks":[]', '"sinks":{}'), 'it is not a manifest'],
  ])('%j', (text, message) => {
    const decode = (): unknown => decodeManifest(Buffer.from(text), 'm/1.json');
    expect(decode).toThrow(HeliosError);
    expect(decode).toThrow(message);
    expect(decode).toThrow('m/1.json');
  });
});
