import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  ListObjectVersionsCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type CliRun, type CliResult, startCli } from '../../src/cli/testing/fixture.ts';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { FakeCloudFormation } from './cloudformation.ts';
import type { Effects, FakeStack } from './cloudformation-stack.ts';
import type { PlainResource, Values } from './cloudformation-template.ts';
import { FakeClock } from './fake-clock.ts';

export type CloudOptions = {
  /** What a machine does once its group is made or changed, and its address. */
  readonly machine?: {
    readonly started: (values: Values) => Promise<void>;
    readonly url: () => string | undefined;
  };
};

/**
 * An AWS account for tests: moto for what it really does (S3, SSM, STS, logs, Kinesis, tags), the
 * stand-in for CloudFormation and IAM's simulation. Buckets are really made in moto.
 */
export class Cloud implements AsyncDisposable {
  readonly moto: MotoPeer;
  readonly formation: FakeCloudFormation;
  readonly s3: S3Client;
  readonly clock: FakeClock = new FakeClock();
  /** Where commands are typed: `helios.deploy.yaml` is here. */
  readonly folder: string;

  private constructor(
    moto: MotoPeer,
    parts: { readonly formation: FakeCloudFormation; readonly s3: S3Client },
    folder: string,
  ) {
    this.moto = moto;
    this.formation = parts.formation;
    this.s3 = parts.s3;
    this.folder = folder;
  }

  /** Undefined, with a printed reason, where there is no Python. */
  static async start(options: CloudOptions = {}): Promise<Cloud | undefined> {
    const moto = await startMoto();
    if (moto === undefined) return undefined;
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const s3 = new S3Client({
      endpoint: moto.endpoint,
      region: 'eu-central-1',
      credentials,
      forcePathStyle: true,
    });
    const clockNow = (): number => cloud.clock.nowMs();
    const effects = new RealEffects(s3, options);
    const formation = await FakeCloudFormation.start({
      effects,
      nowMs: clockNow,
      outputs: (stack) => outputsOf(stack, options),
    });
    const folder = await mkdtemp(join(tmpdir(), 'helios-deploy-'));
    await writeFile(join(folder, 'bundle.tar.gz'), 'a bundle, for tests');
    const cloud: Cloud = new Cloud(moto, { formation, s3 }, folder);
    return cloud;
  }

  /** What commands see of the machine that they run on. */
  get environment(): Values {
    return {
      AWS_ENDPOINT_URL: this.moto.endpoint,
      AWS_ENDPOINT_URL_CLOUDFORMATION: this.formation.endpoint,
      AWS_ENDPOINT_URL_IAM: this.formation.endpoint,
      AWS_REGION: 'eu-central-1',
      HOME: this.folder,
    };
  }

  /** A command line, as at a prompt without a terminal. */
  begin(...words: readonly string[]): CliRun {
    return startCli(words, {
      environment: this.environment,
      workingDirectory: this.folder,
      homeDirectory: this.folder,
      clock: this.clock,
      version: '0.1.0',
    });
  }

  async run(...words: readonly string[]): Promise<CliResult> {
    const run = this.begin(...words);
    run.stdin.end();
    return { exitCode: await run.exitCode, stdout: run.stdout(), stderr: run.stderr() };
  }

  /** Everything is as it was at first, but for the clock. */
  async reset(): Promise<void> {
    this.formation.stacks.length = 0;
    this.formation.plays.length = 0;
    this.formation.seen.length = 0;
    this.formation.throttled = 0;
    this.formation.denied.clear();
    this.formation.refused.clear();
    await fetch(`${this.moto.endpoint}/moto-api/reset`, { method: 'POST' });
    await rm(join(this.folder, 'helios.deploy.yaml'), { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.s3.destroy();
    await this.formation[Symbol.asyncDispose]();
    await this.moto[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Buckets are made in moto; all else is made up, but for the machine of a test. */
class RealEffects implements Effects {
  readonly #s3: S3Client;
  readonly #options: CloudOptions;

  constructor(s3: S3Client, options: CloudOptions) {
    this.#s3 = s3;
    this.#options = options;
  }

  async made(_name: string, resource: PlainResource, values: Values): Promise<string | undefined> {
    if (isMachine(resource)) await this.#options.machine?.started(values);
    if (resource.Type !== 'AWS::S3::Bucket') return undefined;
    const { BucketName: name, Tags: tags } = resource.Properties as {
      readonly BucketName: string;
      readonly Tags: readonly { readonly Key: string; readonly Value: string }[];
    };
    await this.#s3.send(
      new CreateBucketCommand({
        Bucket: name,
        CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
      }),
    );
    await this.#s3.send(
      new PutBucketVersioningCommand({
        Bucket: name,
        VersioningConfiguration: { Status: 'Enabled' },
      }),
    );
    await this.#s3.send(
      new PutBucketTaggingCommand({ Bucket: name, Tagging: { TagSet: [...tags] } }),
    );
    return name;
  }

  async changed(_name: string, resource: PlainResource, values: Values): Promise<void> {
    if (isMachine(resource)) await this.#options.machine?.started(values);
  }

  async deleted(_name: string, resource: PlainResource, physicalId: string): Promise<void> {
    if (resource.Type !== 'AWS::S3::Bucket') return;
    const { Versions: versions = [], DeleteMarkers: markers = [] } = await this.#s3.send(
      new ListObjectVersionsCommand({ Bucket: physicalId }),
    );
    if (versions.length + markers.length > 0) {
      throw new Error(
        'Resource handler returned message: "The bucket you tried to delete is not empty. You ' +
          'must delete all versions in the bucket. (Service: S3, Status Code: 409, Request ID: ' +
          '5J9X, Extended Request ID: b2)" (RequestToken: 1c1c, HandlerErrorCode: GeneralServiceException)',
      );
    }
    await this.#s3.send(new DeleteBucketCommand({ Bucket: physicalId }));
  }
}

/** The launch template is what changes with a bundle; the group follows it. */
function isMachine({ Type: type }: PlainResource): boolean {
  return type === 'AWS::EC2::LaunchTemplate';
}

function outputsOf(stack: FakeStack, { machine }: CloudOptions): Values {
  const bucket = stack.resources.get('Bucket');
  const isWhole = stack.values['BundleKey'] !== '' && stack.status !== 'REVIEW_IN_PROGRESS';
  const url = machine?.url();
  return {
    ...(bucket?.physicalId === undefined ? {} : { Bucket: bucket.physicalId }),
    ...(isWhole && url !== undefined ? { Url: url } : {}),
  };
}
