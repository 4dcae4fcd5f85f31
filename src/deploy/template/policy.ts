import type { Text } from './intrinsic.ts';
import type { PolicyDocument } from './template.ts';

/** What is allowed or denied, and in words why: the words are no part of the policy. */
export type Statement = {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[] | string;
  readonly Resource?: Text | readonly Text[];
  readonly Principal?: { readonly Service: string } | '*';
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Text | readonly Text[]>>>>;
};

export function policy(statements: readonly Statement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements };
}

export function allow(
  id: string,
  actions: readonly string[],
  resources: readonly Text[],
  condition?: Statement['Condition'],
): Statement {
  return {
    Sid: id,
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
    ...(condition === undefined ? {} : { Condition: condition }),
  };
}

/** Lets a service of AWS take a role, on behalf of this account alone. */
export function trust(service: string): PolicyDocument {
  return policy([
    { Sid: 'Trust', Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } },
  ]);
}
