import { HeliosError } from '../../../base/errors.ts';
import { type DeploySettings, parameterPath } from '../../settings/settings.ts';
import type { AwsAccount } from '../account/account.ts';
import { readSecret } from '../account/parameters.ts';
import { blueprintOf } from './blueprint.ts';
import { costSoFar, type CostSoFar } from './cost.ts';
import { findStack } from './find-stack.ts';
import { call, lookOnce, type Remote, type RemoteHealth } from './public-url.ts';
import { parseReleaseKey } from './release.ts';

export type DeployStatus = {
  readonly stack: string;
  /** CloudFormation's word. */
  readonly stackStatus: string;
  readonly url: string | undefined;
  readonly bucket: string | undefined;
  /** Of the bundle that the stack says. */
  readonly deployedVersion: string | undefined;
  /** Or why there is no answer. */
  readonly health: RemoteHealth | string;
  readonly pipelines: readonly PipelineStatus[];
  readonly tables: readonly TableStatus[];
  readonly cost: CostSoFar;
  readonly estimateUsd: number;
};

export type PipelineStatus = {
  readonly name: string;
  readonly state: string;
  /** Of the source that is furthest behind; undefined where that isn't known. */
  readonly lagRecords: number | undefined;
  readonly lagMs: number | undefined;
};

/** How fresh a table is: when its newest event arrived. */
export type TableStatus = { readonly name: string; readonly newestEvent: string | undefined };

/** How a deployed Helios is: what AWS says of it, and what it says itself over its address. */
export async function deployStatus(
  account: AwsAccount,
  settings: DeploySettings,
  { isCostAsked, signal }: { readonly isCostAsked: boolean; readonly signal: AbortSignal },
): Promise<DeployStatus> {
  const stack = await findStack(account, settings);
  const url = stack.outputs['Url'];
  const [seen, cost] = await Promise.all([
    url === undefined ? 'the stack has no address yet' : lookAt(account, settings, { url, signal }),
    isCostAsked
      ? costSoFar(account, settings.name)
      : ({ kind: 'unknown', why: 'not asked for' } as const),
  ]);
  return {
    stack: stack.name,
    stackStatus: stack.status,
    url,
    bucket: stack.outputs['Bucket'],
    deployedVersion: parseReleaseKey(stack.parameters['BundleKey'] ?? '')?.version,
    health: typeof seen === 'string' ? seen : seen.health,
    pipelines: typeof seen === 'string' ? [] : seen.pipelines,
    tables: typeof seen === 'string' ? [] : seen.tables,
    cost,
    estimateUsd: blueprintOf(settings).estimate.totalUsd,
  };
}

type Seen = {
  readonly health: RemoteHealth;
  readonly pipelines: readonly PipelineStatus[];
  readonly tables: readonly TableStatus[];
};

async function lookAt(
  account: AwsAccount,
  settings: DeploySettings,
  { url, signal }: { readonly url: string; readonly signal: AbortSignal },
): Promise<Seen | string> {
  const remote = { url, token: await tokenOf(account, settings), context: account.context, signal };
  const health = await lookOnce(remote);
  return typeof health === 'string' ? health : { health, ...(await insideOf(remote)) };
}

/** Whoever may not read the token sees what everybody may see. */
async function tokenOf(account: AwsAccount, settings: DeploySettings): Promise<string | undefined> {
  try {
    return await readSecret(account, parameterPath(settings, 'admin-token'));
  } catch (thrown) {
    if (thrown instanceof HeliosError && thrown.code === 'access_refused') return undefined;
    throw thrown;
  }
}

/** Of the API's answers, what is told here. */
type PipelinesAnswer = {
  readonly pipelines: readonly {
    readonly name: string;
    readonly state: string;
    readonly sources: readonly { readonly lag_records?: number; readonly lag_ms?: number }[];
  }[];
};
type TablesAnswer = {
  readonly tables: readonly { readonly name: string; readonly newest_event?: string }[];
};

async function insideOf(remote: Remote): Promise<Omit<Seen, 'health'>> {
  try {
    const [{ pipelines }, { tables }] = await Promise.all([
      call<PipelinesAnswer>(remote, 'GET', '/api/v1/pipelines'),
      call<TablesAnswer>(remote, 'GET', '/api/v1/tables'),
    ]);
    return {
      pipelines: pipelines.map(({ name, state, sources }) => ({
        name,
        state,
        lagRecords: furthest(sources.map((source) => source.lag_records)),
        lagMs: furthest(sources.map((source) => source.lag_ms)),
      })),
      tables: tables.map(({ name, newest_event: newestEvent }) => ({ name, newestEvent })),
    };
  } catch (thrown) {
    const isRefused = thrown instanceof HeliosError && thrown.code === 'not_allowed';
    if (isRefused) return { pipelines: [], tables: [] };
    throw thrown;
  }
}

function furthest(lags: readonly (number | undefined)[]): number | undefined {
  const known = lags.filter((lag) => lag !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
