import { DescribeStackEventsCommand, type StackEvent } from '@aws-sdk/client-cloudformation';
import type { AwsAccount } from '../account/account.ts';

/** One line of what CloudFormation did. */
export type Step = {
  readonly eventId: string;
  readonly atMs: number;
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string | undefined;
  /** `CREATE_IN_PROGRESS`, `UPDATE_COMPLETE`, `DELETE_FAILED` … */
  readonly status: string;
  readonly reason: string | undefined;
  /** It is about the stack itself. */
  readonly isOfStack: boolean;
};

export type WatchRequest = {
  /** The stack's ARN: its name means nothing once it is deleted. */
  readonly stackId: string;
  /** The newest event before what is watched; undefined: what goes on now, from its beginning. */
  readonly after: string | undefined;
  /** Called for each step, oldest first. */
  readonly onStep: (step: Step) => void;
  /** Called after each look, for lines that show elapsed time. */
  readonly onLook?: ((nowMs: number) => void) | undefined;
  readonly signal: AbortSignal;
};

/**
 * Follows an operation of CloudFormation to its end, which is the first event of the stack itself
 * that is not in progress: its status. Looks often while something happens, and less often while
 * nothing does. Aborting ends the watching only.
 */
export async function watchStack(account: AwsAccount, request: WatchRequest): Promise<Step> {
  const { clock } = account.context;
  const seen = new Set<string>();
  let pauseMs = pauseMinMs;
  for (;;) {
    const fresh = (await eventsSince(account, request.stackId, request.after, seen)).toReversed();
    for (const step of fresh) {
      seen.add(step.eventId);
      request.onStep(step);
    }
    // The newest alone: a rollback that goes on follows on the one that failed.
    const newest = fresh.findLast(({ isOfStack }) => isOfStack);
    if (newest !== undefined && !newest.status.endsWith('_IN_PROGRESS')) return newest;
    request.onLook?.(clock.nowMs());
    pauseMs = fresh.length > 0 ? pauseMinMs : Math.min(pauseMaxMs, pauseMs * 1.5);
    await clock.sleep(pauseMs, request.signal);
  }
}

/** The newest event's id, to watch what comes after it. */
export async function newestEvent(
  account: AwsAccount,
  stackId: string,
): Promise<string | undefined> {
  const { events } = await pageOf(account, stackId);
  return events[0]?.eventId;
}

const pauseMinMs = 1_000;
const pauseMaxMs = 8_000;

/** Newest first: down to one that is known, or to where the operation began. */
async function eventsSince(
  account: AwsAccount,
  stackId: string,
  after: string | undefined,
  seen: ReadonlySet<string>,
): Promise<readonly Step[]> {
  const found: Step[] = [];
  let token: string | undefined;
  for (;;) {
    const page = await pageOf(account, stackId, token);
    for (const step of page.events) {
      if (step.eventId === after || seen.has(step.eventId)) return found;
      found.push(step);
      if (after === undefined && isBeginning(step)) return found;
    }
    token = page.token;
    if (token === undefined) return found;
  }
}

/** Not a rollback: that belongs to the operation which failed. */
function isBeginning({ isOfStack, status }: Step): boolean {
  return isOfStack && /^(CREATE|UPDATE|DELETE|IMPORT|REVIEW)_IN_PROGRESS$/.test(status);
}

async function pageOf(
  account: AwsAccount,
  stackId: string,
  token?: string,
): Promise<{ readonly events: readonly Step[]; readonly token: string | undefined }> {
  const client = await account.cloudFormation();
  const tried = { action: 'cloudformation:DescribeStackEvents', resource: stackId };
  const page = await account.tried(tried, async () => {
    const input = token === undefined ? {} : { NextToken: token };
    return await client.send(new DescribeStackEventsCommand({ StackName: stackId, ...input }));
  });
  return { events: (page.StackEvents ?? []).map((event) => stepOf(event)), token: page.NextToken };
}

function stepOf(event: StackEvent): Step {
  return {
    eventId: event.EventId ?? '',
    atMs: event.Timestamp?.getTime() ?? 0,
    logicalId: event.LogicalResourceId ?? '',
    type: event.ResourceType ?? '',
    physicalId: event.PhysicalResourceId,
    status: event.ResourceStatus ?? '',
    reason: event.ResourceStatusReason,
    isOfStack:
      event.ResourceType === 'AWS::CloudFormation::Stack' &&
      event.PhysicalResourceId === event.StackId,
  };
}
