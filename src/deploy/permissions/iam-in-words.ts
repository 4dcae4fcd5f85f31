import type { Text } from '../template/intrinsic.ts';
import type { Statement } from '../template/policy.ts';
import type { Resource, Template } from '../template/template.ts';

/**
 * What the roles and policies of a template allow, as sentences: `Helios may read records of …`.
 * Every statement is in it; one that nobody has put into words is said by its actions.
 */
export function iamInWords(template: Template): readonly string[] {
  return Object.entries(template.Resources).flatMap(([name, resource]) =>
    statementsOf(resource).map((statement) => sentence(name, statement)),
  );
}

/** The statements that a resource gives to somebody. */
export function statementsOf(resource: Resource): readonly Statement[] {
  switch (resource.Type) {
    case 'AWS::IAM::Role':
      return resource.Properties.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    case 'AWS::IAM::ManagedPolicy':
    case 'AWS::S3::BucketPolicy':
      return resource.Properties.PolicyDocument.Statement;
    default:
      return [];
  }
}

function sentence(name: string, statement: Statement): string {
  const actions = [statement.Action].flat().join(', ');
  const what = words[statement.Sid] ?? actions;
  const resources = [statement.Resource ?? []].flat().map((resource) => shortly(resource));
  const verb = statement.Effect === 'Deny' ? 'nobody may' : 'may';
  const who = statement.Effect === 'Deny' ? '' : `${owners[name] ?? name} `;
  return `${who}${verb} ${what}: ${resources.join(', ')} (${actions})`;
}

const owners: Readonly<Record<string, string>> = {
  Role: 'Helios',
  ExecutionRole: 'What starts the container',
  ReadPolicy: 'Whoever gets the policy ReadPolicy',
};

const words: Readonly<Record<string, string>> = {
  ListBucket: 'list its bucket',
  KeepData: 'read, write and delete its state and tables',
  FetchBundle: 'fetch its own program',
  ReadSecrets: 'read its own secrets',
  ReadStreams: 'read records of these streams',
  DecryptStreams: 'decrypt what Kinesis has encrypted with these keys',
  OwnStream: 'read and write the new stream',
  JoinCluster: 'connect to these clusters of MSK',
  ReadTopics: 'read their topics',
  KeepOffsets: 'keep its offsets in their groups',
  WriteLog: 'write its log',
  TakeAddress: "take the stack's address",
  TakeAddressHere: 'take it for machines with the tag of this stack',
  SignalHealth: 'tell CloudFormation that it is well',
  ListTables: 'list the tables',
  ReadTables: 'read the tables',
  OnlyOverTls: 'reach the bucket without TLS',
};

/** `BUCKET/state/*` of an ARN, whose names are known only later. */
function shortly(resource: Text): string {
  if (typeof resource === 'string') return resource;
  if ('Ref' in resource) return resource.Ref === 'AWS::StackId' ? 'the stack' : resource.Ref;
  if ('Fn::GetAtt' in resource) return resource['Fn::GetAtt'][0];
  if (!('Fn::Sub' in resource)) return 'a name that is made later';
  return resource['Fn::Sub']
    .replace(/^arn:\$\{AWS::Partition\}:s3:::/, '')
    .replace(/^arn:\$\{AWS::Partition\}:\w+:\$\{AWS::Region\}:\$\{AWS::AccountId\}:/, '')
    .replaceAll(/\$\{(\w+)(?:\.\w+)?\}/g, '$1');
}
