import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { createBucket } from './bucket.ts';

/** Credentials that an emulator takes. */
const environment = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };

export type MachineOptions = {
  /** Sees to it that requests go through something in between. */
  readonly endpoint?: string;
  readonly options?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
};

/** Machines that share nothing but a place in an object store. */
export class Machines implements AsyncDisposable {
  readonly endpoint: string;
  readonly bucket: string;
  readonly folder: string;
  readonly #moto: MotoPeer;
  readonly #all: HeliosProcess[] = [];

  private constructor(moto: MotoPeer, bucket: string, folder: string) {
    this.#moto = moto;
    this.endpoint = moto.endpoint;
    this.bucket = bucket;
    this.folder = folder;
  }

  /** Undefined, with a printed reason, where there is no emulator. */
  static async create(): Promise<Machines | undefined> {
    const moto = await startMoto();
    if (moto === undefined) return undefined;
    const bucket = await createBucket(moto.endpoint);
    return new Machines(moto, bucket, await mkdtemp(join(tmpdir(), 'helios-state-')));
  }

  /** A place of its own for a test. */
  place(name: string, endpoint: string = this.endpoint): string {
    return `s3::${endpoint}/${this.bucket}/${name}`;
  }

  disk(name: string): string {
    return join(this.folder, name);
  }

  /** Helios on the machine whose disk is `disk`, with its state at `place`; not yet ready. */
  begin(disk: string, place: string, more: MachineOptions = {}): HeliosProcess {
    const helios = new HeliosProcess({
      dataDirectory: this.disk(disk),
      options: ['--state', place, '--state-interval', '1s', ...(more.options ?? [])],
      environment: { ...environment, ...more.environment },
    });
    this.#all.push(helios);
    return helios;
  }

  async start(disk: string, place: string, more: MachineOptions = {}): Promise<HeliosProcess> {
    const helios = this.begin(disk, place, more);
    await helios.ready();
    return helios;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const helios of this.#all) {
      // One that sleeps doesn't die of anything else.
      if (helios.isRunning) helios.kill('SIGCONT');
      await helios[Symbol.asyncDispose]();
    }
    await this.#moto[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}
