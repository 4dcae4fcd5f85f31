import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Effects,
  type FakeChangeSet,
  FakeStack,
  type Play,
  type Surroundings,
} from './cloudformation-stack.ts';
import type { PlainTemplate, Values } from './cloudformation-template.ts';
import { fieldsOf, membersOf, xmlOf, type Xml } from './query-protocol.ts';

export type FakeOptions = {
  readonly effects: Effects;
  readonly nowMs: () => number;
  readonly outputs: (stack: FakeStack) => Values;
};

/** What AWS answers when it refuses. */
export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * CloudFormation as far as Helios uses it, over HTTP in AWS's query protocol, and IAM's simulation.
 * Operations go as `plays` says, one play an operation, and succeed where none is left. Effects of
 * resources are the test's.
 */
export class FakeCloudFormation implements AsyncDisposable {
  readonly stacks: FakeStack[] = [];
  readonly plays: Play[] = [];
  /** IAM actions that the simulation denies. */
  readonly denied: Set<string> = new Set();
  /** Actions that are refused for good, with AWS's code and words. */
  readonly refused: Map<string, Refusal> = new Map();
  /** Requests that are throttled before the next one that is answered. */
  throttled = 0;
  /** Actions in the order of their requests. */
  readonly seen: string[] = [];
  readonly region = 'eu-central-1';
  readonly accountId = '123456789012';
  readonly #server: Server;
  readonly #options: FakeOptions;

  private constructor(options: FakeOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(options: FakeOptions): Promise<FakeCloudFormation> {
    const fake = new FakeCloudFormation(options);
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The one of that name that isn't deleted. */
  stack(name: string): FakeStack | undefined {
    return this.stacks.find((it) => it.name === name && it.status !== 'DELETE_COMPLETE');
  }

  /** A stack that somebody else made. */
  addStack(name: string, status: string, tags: Values): FakeStack {
    const stack = new FakeStack(name, this.#surroundings);
    stack.status = status;
    stack.tags = tags;
    this.stacks.push(stack);
    return stack;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get #surroundings(): Surroundings {
    const { effects, nowMs } = this.#options;
    return { effects, nowMs, region: this.region, accountId: this.accountId };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Buffer));
    const fields = fieldsOf(Buffer.concat(chunks).toString());
    const action = fields['Action'] ?? '';
    this.seen.push(action);
    try {
      if (this.throttled > 0) {
        this.throttled -= 1;
        throw new Refusal('Throttling', 'Rate exceeded');
      }
      const refusal = this.refused.get(action);
      if (refusal !== undefined) throw refusal;
      const result = await this.#act(action, fields);
      response.writeHead(200, { 'content-type': 'text/xml' });
      response.end(xmlOf({ [`${action}Response`]: { [`${action}Result`]: result } }));
    } catch (thrown) {
      const code = thrown instanceof Refusal ? thrown.code : 'InternalFailure';
      const text = thrown instanceof Error ? thrown.message : String(thrown);
      response.writeHead(thrown instanceof Refusal ? 400 : 500, { 'content-type': 'text/xml' });
      response.end(
        xmlOf({
          ErrorResponse: { Error: { Type: 'Sender', Code: code, Message: text }, RequestId: 'r' },
        }),
      );
    }
  }

  async #act(action: string, fields: Values): Promise<Xml> {
    switch (action) {
      case 'DescribeStacks':
        return { Stacks: { member: [this.#describe(this.#named(fields))] } };
      case 'DescribeStackEvents':
        return await this.#events(fields);
      case 'ListStackResources':
        return this.#resources(fields);
      case 'CreateChangeSet':
        return this.#createChangeSet(fields);
      case 'DescribeChangeSet':
        return this.#describeChangeSet(fields);
      case 'ExecuteChangeSet':
        this.#named(fields).execute(this.#changeSet(fields), this.plays.shift() ?? {});
        return {};
      case 'DeleteChangeSet':
        this.#named(fields).changeSets.delete(fields['ChangeSetName'] ?? '');
        return {};
      case 'DeleteStack':
        this.#named(fields).delete(membersOf(fields, 'RetainResources'), this.#play(fields));
        return {};
      case 'ContinueUpdateRollback':
        this.#named(fields).continueRollback(
          membersOf(fields, 'ResourcesToSkip'),
          this.plays.shift() ?? {},
        );
        return {};
      case 'SimulatePrincipalPolicy':
        return this.#simulate(fields);
      default:
        throw new Refusal('InvalidAction', `The stand-in has no ${action}.`);
    }
  }

  /** Taking back the shell of a dry run is no operation that a play is for. */
  #play(fields: Values): Play {
    const isShell = this.#named(fields).status === 'REVIEW_IN_PROGRESS';
    return isShell ? {} : (this.plays.shift() ?? {});
  }

  #named(fields: Values): FakeStack {
    const name = fields['StackName'] ?? '';
    const found = this.stacks.find((it) => it.id === name) ?? this.stack(name);
    if (found !== undefined) return found;
    throw new Refusal('ValidationError', `Stack with id ${name} does not exist`);
  }

  #describe(stack: FakeStack): Xml {
    const pairs = (values: Values, key: string, value: string) => ({
      member: Object.entries(values).map(([name, text]) => ({ [key]: name, [value]: text })),
    });
    const shown = Object.entries(stack.values).map(
      ([name, text]) =>
        // As CloudFormation does for those with NoEcho.
        [name, name.endsWith('Secret') ? '****' : text] as const,
    );
    return {
      StackId: stack.id,
      StackName: stack.name,
      StackStatus: stack.status,
      CreationTime: new Date(stack.events[0]?.atMs ?? 0).toISOString(),
      Parameters: pairs(Object.fromEntries(shown), 'ParameterKey', 'ParameterValue'),
      Outputs: pairs(this.#options.outputs(stack), 'OutputKey', 'OutputValue'),
      Tags: pairs(stack.tags, 'Key', 'Value'),
    };
  }

  async #events(fields: Values): Promise<Xml> {
    const stack = this.#named(fields);
    await stack.look();
    const newestFirst = stack.events.toReversed();
    const from = Number(fields['NextToken'] ?? 0);
    const rest = newestFirst.slice(from, from + eventsPerPage);
    const member = rest.map((event) => ({
      EventId: event.id,
      StackId: stack.id,
      StackName: stack.name,
      LogicalResourceId: event.logicalId,
      PhysicalResourceId: event.physicalId,
      ResourceType: event.type,
      Timestamp: new Date(event.atMs).toISOString(),
      ResourceStatus: event.status,
      ...(event.reason === undefined ? {} : { ResourceStatusReason: event.reason }),
    }));
    const next =
      from + eventsPerPage < newestFirst.length ? String(from + eventsPerPage) : undefined;
    return { StackEvents: { member }, ...(next === undefined ? {} : { NextToken: next }) };
  }

  #resources(fields: Values): Xml {
    const { resources } = this.#named(fields);
    const member = [...resources].map(([name, it]) => ({
      LogicalResourceId: name,
      PhysicalResourceId: it.physicalId,
      ResourceType: it.definition.Type,
      ResourceStatus: it.status,
      LastUpdatedTimestamp: new Date(0).toISOString(),
    }));
    return { StackResourceSummaries: { member } };
  }

  #createChangeSet(fields: Values): Xml {
    const name = fields['StackName'] ?? '';
    const present = this.stack(name);
    const type = fields['ChangeSetType'];
    if (type === 'UPDATE' && (present === undefined || present.status === 'REVIEW_IN_PROGRESS')) {
      throw new Refusal('ValidationError', `Stack [${name}] does not exist`);
    }
    if (present?.isBusy === true || /ROLLBACK_(COMPLETE|FAILED)$/.test(wholeOf(present))) {
      const state = present?.status ?? '';
      throw new Refusal(
        'ValidationError',
        `Stack:${present?.id} is in ${state} state and can not be updated.`,
      );
    }
    const stack = present ?? this.addStack(name, 'REVIEW_IN_PROGRESS', {});
    const id = `arn:aws:cloudformation:${this.region}:changeSet/${fields['ChangeSetName']}/${stack.changeSets.size}`;
    const body = fields['TemplateBody'];
    const template = body === undefined ? stack.template : (JSON.parse(body) as PlainTemplate);
    const tags = keyed(fields, 'Tags', 'Key', 'Value');
    const given = {
      ...previousOf(fields, stack),
      ...keyed(fields, 'Parameters', 'ParameterKey', 'ParameterValue'),
    };
    stack.changeSets.set(id, stack.compare(id, template, given, tags));
    return { Id: id, StackId: stack.id };
  }

  #changeSet(fields: Values): FakeChangeSet {
    const found = this.#named(fields).changeSets.get(fields['ChangeSetName'] ?? '');
    if (found !== undefined) return found;
    throw new Refusal('ChangeSetNotFound', `ChangeSet [${fields['ChangeSetName']}] does not exist`);
  }

  #describeChangeSet(fields: Values): Xml {
    const { id } = this.#named(fields);
    const { changes } = this.#changeSet(fields);
    if (changes.length === 0) {
      const StatusReason =
        "The submitted information didn't contain changes. Submit different information to " +
        'create a change set.';
      return { StackId: id, Status: 'FAILED', StatusReason };
    }
    const member = changes.map(({ action, name, definition, properties }) => ({
      Type: 'Resource',
      ResourceChange: {
        Action: action,
        LogicalResourceId: name,
        ResourceType: definition.Type,
        ...(action === 'Modify' ? { Replacement: 'False' } : {}),
        Details: { member: properties.map((it) => ({ Target: { Name: it } })) },
      },
    }));
    return { StackId: id, Status: 'CREATE_COMPLETE', Changes: { member } };
  }

  #simulate(fields: Values): Xml {
    const member = membersOf(fields, 'ActionNames').map((action) => ({
      EvalActionName: action,
      EvalDecision: this.denied.has(action) ? 'implicitDeny' : 'allowed',
    }));
    return { EvaluationResults: { member }, IsTruncated: 'false' };
  }
}

/** Small, so that following them takes pages. */
const eventsPerPage = 20;

/** States in which AWS takes no change set. */
function wholeOf(stack: FakeStack | undefined): string {
  const status = stack?.status ?? '';
  return status === 'UPDATE_ROLLBACK_COMPLETE' ? '' : status;
}

function keyed(fields: Values, list: string, key: string, value: string): Values {
  const found: Record<string, string> = {};
  for (let index = 1; fields[`${list}.member.${index}.${key}`] !== undefined; index++) {
    const text = fields[`${list}.member.${index}.${value}`];
    if (text !== undefined) found[fields[`${list}.member.${index}.${key}`] ?? ''] = text;
  }
  return found;
}

function previousOf(fields: Values, stack: FakeStack): Values {
  const found: Record<string, string> = {};
  for (let index = 1; ; index++) {
    const name = fields[`Parameters.member.${index}.ParameterKey`];
    if (name === undefined) return found;
    if (fields[`Parameters.member.${index}.UsePreviousValue`] === 'true') {
      found[name] = stack.values[name] ?? '';
    }
  }
}
