import type { DeploySize } from '../settings/settings.ts';

/**
 * AWS's list prices in us-east-1, in US dollars without tax. Not asked of AWS: written down in
 * 2026-11 from what is generally known, and where a page could be looked up, from that
 * (docs/costs.md says which). Other regions are up to a fifth dearer, some by more.
 */
export const prices = {
  region: 'us-east-1',
  asOf: '2026-11',
  /** AWS counts a month as so many hours. */
  monthHours: 730,
  /** Of a processor that a burstable machine uses above its share, on average over a day. */
  surplusCpuHour: 0.04,
  diskGbMonth: 0.08,
  addressHour: 0.005,
  /** On ARM. */
  fargateCpuHour: 0.03238,
  fargateGbHour: 0.00356,
  /** Above 20 GB, which are free. */
  fargateDiskGbHour: 0.000111,
  balancerHour: 0.0225,
  /** A unit of capacity of a load balancer, of which there is one or less. */
  balancerUnitHour: 0.006,
  s3GbMonth: 0.023,
  /** PUT, LIST, COPY, POST. */
  s3Thousand: 0.005,
  /** GET and the others. */
  s3ReadThousand: 0.0004,
  logGb: 0.5,
  logGbMonth: 0.03,
  metricMonth: 0.3,
  alarmMonth: 0.1,
  kinesisShardHour: 0.015,
  /** Of 25 kB each. */
  kinesisMillionUnits: 0.014,
  /** HTTPS, in North America and Europe. */
  frontTenThousand: 0.01,
  /** Each month, in each account. */
  frontFreeRequests: 10_000_000,
  /** What browsers send goes on to the machine. */
  frontToOriginGb: 0.02,
} as const;

/** Of a machine, an hour. */
export const machineHour: Readonly<Record<DeploySize, number>> = {
  small: 0.0168,
  medium: 0.0336,
  large: 0.0672,
};
