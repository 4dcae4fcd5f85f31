import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeliosProcess } from '../process/helios-process.ts';

export type MachineOptions = {
  readonly name: string;
  readonly bucket: () => string;
  readonly environment: () => Readonly<Record<string, string>>;
};

/**
 * The instance of a stack: a real Helios with an empty disk, started as the stack's boot script
 * does, on this machine. Another one in its place is told to end first, and its disk is gone.
 */
export class Machine implements AsyncDisposable {
  readonly #options: MachineOptions;
  #helios: HeliosProcess | undefined;
  #disk: string | undefined;
  #url: string | undefined;
  /** How many there were. */
  count = 0;

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  get url(): string | undefined {
    return this.#url;
  }

  /** Resolves once it answers, as CloudFormation waits for its signal. */
  async start(): Promise<void> {
    await this.#end();
    this.count += 1;
    this.#disk = await mkdtemp(join(tmpdir(), 'helios-machine-'));
    const { name, bucket, environment } = this.#options;
    this.#helios = await HeliosProcess.start({
      dataDirectory: this.#disk,
      environment: environment(),
      options: [
        ...['--state', `s3://${bucket()}/state`, '--state-interval', '1s'],
        ...['--ack', 's3', '--ack-interval', '100ms'],
        ...['--require-token', '--admin-token', `ssm:/helios/${name}/admin-token`],
        ...['--log-level', 'warn'],
      ],
    });
    this.#url = await this.#helios.ready();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  async #end(): Promise<void> {
    await this.#helios?.stop();
    if (this.#disk !== undefined) await rm(this.#disk, { recursive: true, force: true });
  }
}
