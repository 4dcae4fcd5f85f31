import type { AwsAccount } from '../account/account.ts';

export type LogLine = {
  readonly id: string;
  readonly atMs: number;
  /** The machine, or part of it, that wrote it. */
  readonly stream: string;
  readonly text: string;
};

export type LogRequest = {
  readonly group: string;
  readonly sinceMs: number;
  /** Goes on with what comes, until aborted. */
  readonly isFollowed: boolean;
  readonly signal: AbortSignal;
};

const pauseMs = 2_000;
/** CloudWatch takes lines late, by this at most as it is read here. */
const lateMs = 30_000;
/** Lines that are remembered, so that none comes twice. */
const seenMax = 100_000;

type Page = {
  readonly events?: readonly {
    readonly eventId?: string;
    readonly timestamp?: number;
    readonly logStreamName?: string;
    readonly message?: string;
  }[];
  readonly nextToken?: string | null;
};

/** Lines of the machine's log, oldest first. */
export async function* logLines(account: AwsAccount, request: LogRequest): AsyncGenerator<LogLine> {
  const { clock } = account.context;
  const seen = new Set<string>();
  let fromMs = request.sinceMs;
  for (;;) {
    for await (const line of linesFrom(account, request.group, fromMs)) {
      if (seen.has(line.id)) continue;
      seen.add(line.id);
      fromMs = Math.max(fromMs, line.atMs - lateMs);
      yield line;
    }
    if (!request.isFollowed) return;
    if (seen.size > seenMax) forgetOldest(seen);
    await clock.sleep(pauseMs, request.signal);
  }
}

async function* linesFrom(
  account: AwsAccount,
  group: string,
  fromMs: number,
): AsyncGenerator<LogLine> {
  let token: string | undefined;
  do {
    const page = await account.json<Page>({
      service: 'logs',
      target: 'Logs_20140328.FilterLogEvents',
      action: 'logs:FilterLogEvents',
      resource: group,
      body: {
        logGroupName: group,
        startTime: fromMs,
        ...(token === undefined ? {} : { nextToken: token }),
      },
    });
    for (const event of page.events ?? []) {
      yield {
        id: event.eventId ?? `${event.timestamp}${event.message}`,
        atMs: event.timestamp ?? 0,
        stream: event.logStreamName ?? '',
        text: (event.message ?? '').trimEnd(),
      };
    }
    token = page.nextToken ?? undefined;
  } while (token !== undefined);
}

function forgetOldest(seen: Set<string>): void {
  let surplus = seen.size - seenMax / 2;
  for (const id of seen) {
    if (surplus-- <= 0) return;
    seen.delete(id);
  }
}
