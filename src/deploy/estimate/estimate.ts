import type { DeploySettings } from '../settings/settings.ts';
import { machineSizes } from '../settings/sizes.ts';
import { dataItems, requestsPerMonth } from './data-items.ts';
import { machineHour, prices } from './prices.ts';

/** What is expected to happen. */
export type Assumptions = {
  readonly eventsPerSecond: number;
  /** How many events come together in a request. */
  readonly eventsPerRequest: number;
  readonly eventBytes: number;
  /** In the bucket, old versions and all. */
  readonly storedGb: number;
  /** Tables that get rows all the time; each is committed to every five minutes. */
  readonly busyTables: number;
  readonly queriesPerDay: number;
  readonly logGb: number;
};

export const usualAssumptions: Assumptions = {
  eventsPerSecond: 100,
  eventsPerRequest: 100,
  eventBytes: 200,
  storedGb: 100,
  busyTables: 1,
  queriesPerDay: 1_000,
  logGb: 0.25,
};

/** One line of a bill, and how it was worked out. */
export type EstimateItem = {
  readonly what: string;
  readonly usd: number;
  readonly how: string;
};

export type Estimate = {
  readonly items: readonly EstimateItem[];
  readonly totalUsd: number;
  /** Under which all of it holds, in words. */
  readonly assumptions: readonly string[];
  /** What would make it much more. */
  readonly warnings: readonly string[];
};

/** What a stack costs a month, by the list prices of `prices`, free tiers left out but one. */
export function estimateMonthly(
  settings: DeploySettings,
  assumptions: Assumptions = usualAssumptions,
): Estimate {
  const items = [...machineItems(settings), ...dataItems(settings, assumptions)];
  return {
    items,
    totalUsd: items.reduce((sum, { usd }) => sum + usd, 0),
    assumptions: inWords(settings, assumptions),
    warnings: warningsOf(assumptions),
  };
}

function machineItems(settings: DeploySettings): readonly EstimateItem[] {
  const { monthHours: hours } = prices;
  const address = {
    what: 'Public IPv4 address',
    usd: hours * prices.addressHour,
    how: `${hours} h × $${prices.addressHour}; there is no NAT gateway`,
  };
  return settings.compute === 'ec2'
    ? [...instanceItems(settings), address]
    : [...fargateItems(settings), address];
}

function instanceItems({ size, diskGb }: DeploySettings): readonly EstimateItem[] {
  const { monthHours: hours, diskGbMonth } = prices;
  const { instanceType, memoryGb } = machineSizes[size];
  return [
    {
      what: `One ${instanceType}, ${memoryGb} GB`,
      usd: hours * machineHour[size],
      how: `${hours} h × $${machineHour[size]}`,
    },
    {
      what: `Disk (gp3), ${diskGb} GB`,
      usd: diskGb * diskGbMonth,
      how: `${diskGb} GB × $${diskGbMonth}`,
    },
  ];
}

function fargateItems({ size, diskGb }: DeploySettings): readonly EstimateItem[] {
  const { monthHours: hours, fargateCpuHour, fargateGbHour, fargateDiskGbHour } = prices;
  const { balancerHour, balancerUnitHour } = prices;
  const { cpu, memoryMb } = machineSizes[size].fargate;
  const [cpus, gb, extraGb] = [cpu / 1024, memoryMb / 1024, Math.max(1, diskGb - 20)];
  return [
    {
      what: `Fargate on ARM, ${cpus} vCPU and ${gb} GB`,
      usd: hours * (cpus * fargateCpuHour + gb * fargateGbHour + extraGb * fargateDiskGbHour),
      how:
        `${hours} h × (${cpus} × $${fargateCpuHour} + ${gb} GB × $${fargateGbHour} + ` +
        `${extraGb} GB of disk × $${fargateDiskGbHour})`,
    },
    {
      what: 'Network load balancer, inside',
      usd: hours * (balancerHour + balancerUnitHour),
      how: `${hours} h × ($${balancerHour} + one unit of capacity at most, $${balancerUnitHour})`,
    },
  ];
}

function inWords(settings: DeploySettings, assumptions: Assumptions): readonly string[] {
  const { eventsPerSecond, eventsPerRequest, eventBytes, storedGb, busyTables } = assumptions;
  return [
    `list prices of ${prices.region}, ${prices.asOf}, recalled and not asked of AWS; no tax`,
    ...(settings.region === prices.region
      ? []
      : [`${settings.region} has prices of its own, often some 10 to 20% above these`]),
    `${eventsPerSecond} events/s of ${eventBytes} bytes over HTTP, ${eventsPerRequest} a request`,
    `${storedGb} GB in the bucket, with old versions`,
    `${busyTables === 1 ? 'one table gets' : `${busyTables} tables get`} rows all the time`,
    ...(settings.compute === 'ec2' ? [creditsInWords(settings)] : []),
    `CloudFront's free tier (10 million requests, 1 TB a month) is free for this; no other is used`,
  ];
}

/** Of t4g.small, .medium and .large: what each processor may do all the time. */
const shareOfCpu: Readonly<Record<DeploySettings['size'], number>> = {
  small: 0.2,
  medium: 0.2,
  large: 0.3,
};

function creditsInWords({ size }: DeploySettings): string {
  const share = shareOfCpu[size];
  const { surplusCpuHour, monthHours } = prices;
  const mostUsd = machineSizes[size].virtualCpus * (1 - share) * surplusCpuHour * monthHours;
  return (
    `the processors are used for less than ${share * 100}% on average over a day; what is above ` +
    `is $${surplusCpuHour} an hour of one, $${mostUsd.toFixed(0)} if they never rest`
  );
}

/** Above so many events a month one by one, requests cost more than the machine. */
const manyRequests = 30_000_000;

function warningsOf(assumptions: Assumptions): readonly string[] {
  const single = requestsPerMonth({ ...assumptions, eventsPerRequest: 1 });
  const { frontFreeRequests, frontTenThousand } = prices;
  if (single < manyRequests) return [];
  const usd = ((single - frontFreeRequests) / 10_000) * frontTenThousand;
  const millions = Math.round(single / 1_000_000);
  return [
    `One event a request would be ${millions} million requests a month at CloudFront: ` +
      `$${Math.round(usd)} more. Send them in batches.`,
  ];
}
