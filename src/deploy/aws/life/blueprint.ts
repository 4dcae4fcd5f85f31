import { estimateMonthly, type Estimate } from '../../estimate/estimate.ts';
import type { DeploySettings } from '../../settings/settings.ts';
import { iamInWords } from '../../permissions/iam-in-words.ts';
import { stackTemplate, templateText } from '../../template/stack.ts';
import type { Change } from '../stack/change-set.ts';

/** All that settings say about a stack before AWS is asked. */
export type Blueprint = {
  /** What CloudFormation gets. */
  readonly text: string;
  /** Names of the template's parameters. */
  readonly parameters: ReadonlySet<string>;
  /** Everything that a new stack gets, in the two executions that it takes. */
  readonly additions: readonly Change[];
  readonly iam: readonly string[];
  readonly estimate: Estimate;
};

export function blueprintOf(settings: DeploySettings): Blueprint {
  const template = stackTemplate(settings);
  return {
    text: templateText(template),
    parameters: new Set(Object.keys(template.Parameters)),
    additions: Object.entries(template.Resources).map(([logicalId, { Type: type }]) => ({
      action: 'add',
      logicalId,
      type,
      physicalId: undefined,
      properties: [],
    })),
    iam: iamInWords(template),
    estimate: estimateMonthly(settings),
  };
}

/** The bucket that the template makes in an account: `newBucketName`, with its variables known. */
export function bucketNameOf({ name, region }: DeploySettings, accountId: string): string {
  return `helios-${name}-${accountId}-${region}`;
}
