/**
 * What is to stand in an AWS account: all that a template is made from, and no secret. It is what
 * `helios.deploy.yaml` says, with every default filled in.
 */
export type DeploySettings = {
  /** Names the stack (`helios-NAME`) and everything in it; of `namePattern`. */
  readonly name: string;
  /** Such as `eu-central-1`. */
  readonly region: string;
  /** The profile of AWS's own files that deploys; whatever the environment says without it. */
  readonly profile?: string | undefined;
  readonly size: DeploySize;
  readonly compute: DeployCompute;
  /** The encrypted disk: what is read from it is fast, what is on it alone is nothing. */
  readonly diskGb: number;
  /** Streams of Kinesis that exist already, and are only read. */
  readonly streams: readonly ReadStream[];
  readonly newStream?: NewStream | undefined;
  /** Without it the address is one of CloudFront's. */
  readonly domain?: OwnDomain | undefined;
  /** A network that exists already: for clusters of MSK in it. Without it the stack makes one. */
  readonly network?: OwnNetwork | undefined;
  /** A bucket that an earlier stack left behind. Without it the stack makes one. */
  readonly dataBucket?: string | undefined;
  /** How long events gather, at most, for one object of the log: `--ack-interval`. */
  readonly ackIntervalMs: number;
  /** What changed is in the bucket within so long: `--state-interval`. */
  readonly stateIntervalMs: number;
  /** How long CloudWatch Logs keeps lines; one of `logDaysAllowed`. */
  readonly logDays: number;
  /** Gets a mail for each alarm, once its owner has confirmed that. */
  readonly alarmEmail?: string | undefined;
};

export type DeploySize = 'small' | 'medium' | 'large';
export type DeployCompute = 'ec2' | 'fargate';

export type ReadStream = {
  readonly arn: string;
  /** The customer's key that the stream is encrypted with; AWS's own needs no permission. */
  readonly keyArn?: string | undefined;
};

export type NewStream = {
  readonly name: string;
  readonly shards: number;
};

export type OwnDomain = {
  /** Such as `events.example.com`. */
  readonly name: string;
  /** In ACM of us-east-1, where CloudFront looks, whatever region the stack is in. */
  readonly certificateArn: string;
  /** The zone of Route 53 that gets the alias; without it the owner of the domain sets it. */
  readonly hostedZoneId?: string | undefined;
};

export type OwnNetwork = {
  readonly vpc: string;
  /** Public ones: with a route to an internet gateway. */
  readonly subnets: readonly string[];
  /** Those that the brokers admit; the stack's own is added. */
  readonly securityGroups: readonly string[];
  readonly mskClusterArns: readonly string[];
};

/** What a stack's name may be: it is part of a bucket's name, which has 63 characters. */
export const namePattern: RegExp = /^[a-z][a-z0-9-]{0,22}[a-z0-9]$/;

/** What CloudWatch Logs takes for a retention, in days. */
export const logDaysAllowed: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827,
];

/** Settings that nobody has to think about. */
export const deployDefaults: Required<
  Pick<
    DeploySettings,
    'size' | 'compute' | 'diskGb' | 'streams' | 'ackIntervalMs' | 'stateIntervalMs' | 'logDays'
  >
> = {
  size: 'small',
  compute: 'ec2',
  diskGb: 20,
  streams: [],
  ackIntervalMs: 3000,
  stateIntervalMs: 60_000,
  logDays: 14,
};

/** The name of the stack of CloudFormation. */
export function stackName({ name }: Pick<DeploySettings, 'name'>): string {
  return `helios-${name}`;
}

/** Where the stack's secrets are in SSM's parameter store: `ssm:/helios/NAME/admin-token`. */
export function parameterPath(
  { name }: Pick<DeploySettings, 'name'>,
  secret: 'admin-token' | 'origin-secret',
): string {
  return `/helios/${name}/${secret}`;
}

/** The group of CloudWatch Logs that the instance writes to. */
export function logGroupName({ name }: Pick<DeploySettings, 'name'>): string {
  return `/helios/${name}`;
}
