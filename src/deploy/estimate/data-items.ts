import type { DeploySettings } from '../settings/settings.ts';
import type { Assumptions, EstimateItem } from './estimate.ts';
import { prices } from './prices.ts';

/** What storing, sending and watching costs. */
export function dataItems(
  settings: DeploySettings,
  assumptions: Assumptions,
): readonly EstimateItem[] {
  return [
    storage(assumptions),
    ...putItems(settings, assumptions),
    ...frontItems(assumptions),
    ...watchItems(assumptions),
    ...streamItems(settings, assumptions),
    ...zoneItems(settings),
  ];
}

export function requestsPerMonth({ eventsPerSecond, eventsPerRequest }: Assumptions): number {
  return (eventsPerSecond / eventsPerRequest) * monthSeconds;
}

const monthSeconds = prices.monthHours * 3600;
const gibibyte = 1024 ** 3;

function storage({ storedGb }: Assumptions): EstimateItem {
  const { s3GbMonth } = prices;
  return {
    what: `S3, ${storedGb} GB`,
    usd: storedGb * s3GbMonth,
    how: `${storedGb} GB × $${s3GbMonth}`,
  };
}

/** Requests that cost as PUT does; as `npm run bench -- s3-state` and `s3-requests` count them. */
const perState = 3;
const perTableHour = 48;

function putItems(
  { ackIntervalMs, stateIntervalMs }: DeploySettings,
  assumptions: Assumptions,
): readonly EstimateItem[] {
  const { monthHours, s3Thousand, s3ReadThousand } = prices;
  const { busyTables, queriesPerDay } = assumptions;
  const acks = Math.min(requestsPerMonth(assumptions), monthSeconds / (ackIntervalMs / 1000));
  const states = Math.round((monthSeconds / (stateIntervalMs / 1000)) * perState);
  const commits = busyTables * perTableHour * monthHours;
  // Each object of the log is read once to be merged; a query looks for the newest commit.
  const reads = Math.round(acks + (queriesPerDay * 2 * monthHours) / 24 + 65 * monthHours);
  return [
    {
      what: 'S3, puts of the log: before an ok',
      usd: (acks / 1000) * s3Thousand,
      how: `one at most each ${ackIntervalMs / 1000} s: ${Math.round(acks)} × $${s3Thousand}/1000`,
    },
    {
      what: 'S3, puts of state and tables',
      usd: ((states + commits) / 1000) * s3Thousand,
      how:
        `(${perState} each ${stateIntervalMs / 1000} s: ${states}, ` +
        `${perTableHour} a table and hour: ${commits}) × $${s3Thousand}/1000`,
    },
    {
      what: 'S3, reads',
      usd: (reads / 1000) * s3ReadThousand,
      how: `${reads} × $${s3ReadThousand}/1000`,
    },
  ];
}

function frontItems(assumptions: Assumptions): readonly EstimateItem[] {
  const { frontFreeRequests, frontTenThousand, frontToOriginGb } = prices;
  const requests = requestsPerMonth(assumptions);
  const paid = Math.max(0, requests - frontFreeRequests);
  const gb = (assumptions.eventsPerSecond * assumptions.eventBytes * monthSeconds) / gibibyte;
  return [
    {
      what: 'CloudFront, requests',
      usd: (paid / 10_000) * frontTenThousand,
      how:
        `${Math.round(requests)}, of which ${frontFreeRequests} are free; ` +
        `then $${frontTenThousand}/10000`,
    },
    {
      what: 'CloudFront, events on to the machine',
      usd: gb * frontToOriginGb,
      how: `${gb.toFixed(1)} GB × $${frontToOriginGb}; less where they come compressed`,
    },
  ];
}

/** As many as `template/logs.ts` has. */
const metricCount = 3;
const alarmCount = 3;

function watchItems({ logGb }: Assumptions): readonly EstimateItem[] {
  const { logGb: perGb, logGbMonth, metricMonth, alarmMonth } = prices;
  return [
    {
      what: 'CloudWatch Logs',
      usd: logGb * (perGb + logGbMonth),
      how: `${logGb} GB × ($${perGb} + $${logGbMonth} stored)`,
    },
    {
      what: 'CloudWatch, metrics and alarms',
      usd: metricCount * metricMonth + alarmCount * alarmMonth,
      how: `${metricCount} × $${metricMonth} + ${alarmCount} × $${alarmMonth}`,
    },
  ];
}

/** What records are put into the new stream is paid by their senders' units; reading is free. */
function streamItems(
  { newStream }: DeploySettings,
  { eventsPerSecond }: Assumptions,
): readonly EstimateItem[] {
  if (newStream === undefined) return [];
  const { monthHours, kinesisShardHour, kinesisMillionUnits } = prices;
  const { shards } = newStream;
  const units = (eventsPerSecond * monthSeconds) / 1_000_000;
  return [
    {
      what: `Kinesis, ${shards} ${shards === 1 ? 'shard' : 'shards'}`,
      usd: shards * monthHours * kinesisShardHour + units * kinesisMillionUnits,
      how:
        `${shards} × ${monthHours} h × $${kinesisShardHour} + ` +
        `${units.toFixed(0)} million records × $${kinesisMillionUnits}`,
    },
  ];
}

function zoneItems({ domain }: DeploySettings): readonly EstimateItem[] {
  if (domain === undefined) return [];
  return [
    { what: 'Domain', usd: 0, how: 'aliases to CloudFront are free; the zone is there already' },
  ];
}
