/** Why CloudFormation could not make, change or delete a resource. */
export type ResourceFailure = {
  /** What AWS said, in one line, without its request's numbers. */
  readonly said: string;
  /** What to do; undefined where its text is all that is known. */
  readonly hint: string | undefined;
  /** It failed because another one did. */
  readonly isConsequence: boolean;
};

/** The `ResourceStatusReason` of a failed event, in words. */
export function reasonInWords(reason: string | undefined): ResourceFailure {
  const said = cleaned(reason ?? 'AWS gave no reason');
  const row = reasons.find(({ pattern }) => pattern.test(said));
  const action = /not authorized to perform:? ([\w-]+:\w+)/.exec(said)?.[1];
  if (action !== undefined) {
    return { said, hint: `Have ${action} allowed (docs/permissions.md).`, isConsequence: false };
  }
  return { said, hint: row?.hint, isConsequence: row?.isConsequence ?? false };
}

type Reason = {
  readonly pattern: RegExp;
  readonly hint?: string;
  readonly isConsequence?: boolean;
};

const reasons: readonly Reason[] = [
  { pattern: /^Resource (creation|update|deletion) cancell?ed/i, isConsequence: true },
  {
    pattern: /The following resource\(s\) failed to|Rollback requested by user/i,
    isConsequence: true,
  },
  {
    pattern: /fail(ed)? to receive \d+ resource signal|SUCCESS signals?|WaitCondition timed out/i,
    hint:
      'The machine started, and did not say in time that Helios is healthy. What it did say: ' +
      'helios logs --since 1h.',
  },
  {
    pattern: /maximum number of addresses|AddressLimitExceeded/i,
    hint:
      'The quota of Elastic IP addresses of this region is reached: release one, or ask for more ' +
      '(Service Quotas, EC2-VPC Elastic IPs).',
  },
  {
    pattern: /maximum number of VPCs|VpcLimitExceeded/i,
    hint:
      'The quota of VPCs of this region is reached: delete one, ask for more (Service Quotas, ' +
      'VPCs per Region), or give one of yours as network in helios.deploy.yaml.',
  },
  {
    pattern: /vCPU|InstanceLimitExceeded/,
    hint:
      'The quota of running machines is reached: ask for more (Service Quotas, Running On-Demand ' +
      'Standard instances), or take a smaller --size.',
  },
  {
    pattern: /sufficient .*capacity|InsufficientInstanceCapacity|not supported in your requested/i,
    hint: 'AWS has no machine of this size free there: try again later, or take another --size.',
  },
  {
    pattern: /account must be verified/i,
    hint:
      'AWS lets new accounts make CloudFront distributions only once they are verified: open a ' +
      'case with AWS Support (account and billing), then run helios deploy again.',
  },
  {
    pattern: /CNAMEAlreadyExists|alternate domain name.*already/i,
    hint: 'Another CloudFront distribution has this domain: free it there, or take another one.',
  },
  {
    pattern: /certificate/i,
    hint:
      'The certificate must be issued, be in ACM of us-east-1, and name the domain: check ' +
      'domain.certificate in helios.deploy.yaml.',
  },
  {
    pattern: /bucket you tried to delete is not empty/i,
    hint: 'It holds data: say what becomes of it, --keep-bucket or --empty-bucket NAME.',
  },
  {
    pattern: /dependenc(y|ies)|DependencyViolation/i,
    hint:
      'Something that is not of this stack uses it: remove that first (the AWS console shows ' +
      'what), then run this again.',
  },
  {
    pattern: /already exists/i,
    hint: 'Something else has this name: remove it, or choose another --name.',
  },
  {
    pattern: /Rate exceeded|Throttling/i,
    hint: 'AWS limited its own requests: run this again.',
  },
  {
    pattern: /KMS|kms:/,
    hint: 'The key does not allow its use: check its policy and that it is enabled.',
  },
];

/** Without the handler's wrapping, and the numbers that only AWS can look up. */
function cleaned(reason: string): string {
  const inner = /^Resource handler returned message: "(.*?)"? ?\(RequestToken/s.exec(reason)?.[1];
  return (inner ?? reason)
    .replaceAll(/\s*\((Service|RequestToken|Request ID|SDK Attempt)[^)]*\)*/g, '')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replace(/\.$/, '')
    .trim()
    .slice(0, saidCharactersMax);
}

const saidCharactersMax = 400;
