import {
  CloudFormationClient,
  CreateStackCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { expect, test } from 'vitest';
import { deployDefaults } from '../../src/deploy/settings/settings.ts';
import { stackTemplate } from '../../src/deploy/template/stack.ts';
import { startMoto } from '../peers/moto.ts';

/** Types that moto 5.2.5 says it has made, and hasn't: a fault in one of them would pass there. */
const madeUp = ['AWS::CloudFront::Distribution', 'AWS::CloudWatch::Alarm', 'AWS::S3::BucketPolicy'];

test("moto's own CloudFormation takes the template, and really makes what it knows", async () => {
  await using moto = await startMoto();
  if (moto === undefined) return;
  using client = new Client(moto.endpoint);
  const template = stackTemplate({ ...deployDefaults, name: 'shop', region: 'us-east-1' });
  // moto has no distributions, and fails on what refers to one.
  const text = JSON.stringify({ ...template, Outputs: {} }).replaceAll(
    /\{"Fn::GetAtt":\["Distribution","\w+"\]\}/g,
    '"d1.cloudfront.net"',
  );
  const made = await client.create('helios-shop', text);
  const resources = Object.entries(template.Resources);
  const missing = resources.filter(([name]) => !made.has(name)).map(([, { Type: type }]) => type);
  expect([...new Set(missing)].toSorted()).toEqual(madeUp);
});

class Client implements Disposable {
  readonly #client: CloudFormationClient;

  constructor(endpoint: string) {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    this.#client = new CloudFormationClient({ endpoint, region: 'us-east-1', credentials });
  }

  /** Names of what was really made. */
  async create(name: string, template: string): Promise<ReadonlySet<string>> {
    await this.#client.send(
      new CreateStackCommand({
        StackName: name,
        TemplateBody: template,
        Capabilities: ['CAPABILITY_NAMED_IAM'],
        Parameters: [
          { ParameterKey: 'BundleKey', ParameterValue: 'releases/0.1.0/a.tar.gz' },
          { ParameterKey: 'BundleSha256', ParameterValue: 'ab'.repeat(32) },
        ],
      }),
    );
    const list = new ListStackResourcesCommand({ StackName: name });
    const { StackResourceSummaries: found = [] } = await this.#client.send(list);
    const isReal = (it: (typeof found)[number]): boolean => (it.PhysicalResourceId ?? '') !== '';
    return new Set(found.filter(isReal).map(({ LogicalResourceId: logical }) => logical ?? ''));
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }
}
