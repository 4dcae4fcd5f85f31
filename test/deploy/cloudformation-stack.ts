import { randomUUID } from 'node:crypto';
import {
  type PlainResource,
  type PlainTemplate,
  resourcesIn,
  type Values,
  valuesOf,
} from './cloudformation-template.ts';

/** What really happens when CloudFormation makes or deletes a resource. */
export interface Effects {
  /** Gives the physical id, or undefined for one that is only made up. */
  made(name: string, resource: PlainResource, values: Values): Promise<string | undefined>;
  changed(name: string, resource: PlainResource, values: Values): Promise<void>;
  /** Throws where AWS would fail, with its reason. */
  deleted(name: string, resource: PlainResource, physicalId: string): Promise<void>;
}

/** How one operation goes, where it doesn't just succeed. As AWS's documentation has it. */
export type Play = {
  /** This resource fails, with AWS's reason. */
  readonly fails?: string;
  readonly reason?: string;
  /** So does its undoing. */
  readonly undoing?: 'fails';
  /** Looks at which nothing happens before the first resource is done. */
  readonly stall?: number;
};

export type FakeEvent = {
  readonly id: string;
  readonly atMs: number;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string | undefined;
};

export type FakeResource = {
  readonly definition: PlainResource;
  physicalId: string;
  status: string;
  reason: string | undefined;
};

export type FakeChange = {
  readonly action: 'Add' | 'Modify' | 'Remove';
  readonly name: string;
  readonly definition: PlainResource;
  readonly properties: readonly string[];
};

export type FakeChangeSet = {
  readonly id: string;
  readonly template: PlainTemplate;
  readonly values: Values;
  readonly tags: Values;
  readonly changes: readonly FakeChange[];
};

export type Surroundings = {
  readonly effects: Effects;
  readonly nowMs: () => number;
  readonly region: string;
  readonly accountId: string;
};

const stackType = 'AWS::CloudFormation::Stack';

/**
 * One stack. Operations are lists of steps; each look at the events plays the next of them, so that
 * nothing waits for time, and a stall is as long as somebody looks.
 */
export class FakeStack {
  readonly id: string;
  readonly name: string;
  readonly resources: Map<string, FakeResource> = new Map();
  /** Oldest first. */
  readonly events: FakeEvent[] = [];
  readonly changeSets: Map<string, FakeChangeSet> = new Map();
  status = 'REVIEW_IN_PROGRESS';
  template: PlainTemplate = { Resources: {} };
  values: Values = {};
  tags: Values = {};
  readonly #surroundings: Surroundings;
  #steps: (() => Promise<void> | void)[] = [];

  constructor(name: string, surroundings: Surroundings) {
    const { region, accountId } = surroundings;
    this.name = name;
    this.id = `arn:aws:cloudformation:${region}:${accountId}:stack/${name}/${randomUUID()}`;
    this.#surroundings = surroundings;
    this.#tell('REVIEW_IN_PROGRESS', 'User Initiated');
  }

  get isBusy(): boolean {
    return this.#steps.length > 0;
  }

  /** Values that templates may refer to. */
  get known(): Values {
    const { region, accountId } = this.#surroundings;
    const own = { 'AWS::Region': region, 'AWS::AccountId': accountId, 'AWS::Partition': 'aws' };
    return { ...this.values, ...own };
  }

  compare(id: string, template: PlainTemplate, given: Values, tags: Values): FakeChangeSet {
    const values = valuesOf(template, given);
    const wanted = resourcesIn(template, { ...this.known, ...values });
    const changes: FakeChange[] = [];
    for (const [name, definition] of wanted) {
      const present = this.resources.get(name);
      const properties = changedProperties(present?.definition, definition);
      if (present === undefined || present.status === 'DELETE_COMPLETE') {
        changes.push({ action: 'Add', name, definition, properties: [] });
      } else if (properties.length > 0) {
        changes.push({ action: 'Modify', name, definition, properties });
      }
    }
    for (const [name, { definition, status }] of this.resources) {
      if (wanted.has(name) || status === 'DELETE_COMPLETE') continue;
      changes.push({ action: 'Remove', name, definition, properties: [] });
    }
    return { id, template, values, tags, changes };
  }

  execute(changeSet: FakeChangeSet, play: Play): void {
    const isNew = this.status === 'REVIEW_IN_PROGRESS';
    const verb = isNew ? 'CREATE' : 'UPDATE';
    const before = { template: this.template, values: this.values };
    this.changeSets.delete(changeSet.id);
    this.template = changeSet.template;
    this.values = changeSet.values;
    this.tags = changeSet.tags;
    this.#begin(`${verb}_IN_PROGRESS`);
    for (let count = 0; count < (play.stall ?? 0); count++) this.#steps.push(() => undefined);
    const failedAt = changeSet.changes.findIndex(({ name }) => name === play.fails);
    const done = failedAt < 0 ? changeSet.changes : changeSet.changes.slice(0, failedAt);
    for (const change of done) this.#apply(change);
    const failed = changeSet.changes[failedAt];
    if (failed === undefined) return void this.#steps.push(() => this.#tell(`${verb}_COMPLETE`));
    this.#fail(failed, play.reason ?? 'Internal Failure');
    if (isNew) this.#undoCreation(done, play);
    else this.#undoUpdate([...done, failed], before, play);
  }

  /** `DeleteStack`; keeps what is to be retained. */
  delete(retained: readonly string[], play: Play): void {
    if (this.status === 'REVIEW_IN_PROGRESS') {
      this.status = 'DELETE_COMPLETE';
      return;
    }
    this.#begin('DELETE_IN_PROGRESS');
    for (const [name, resource] of [...this.resources].toReversed()) {
      if (['DELETE_COMPLETE', 'DELETE_SKIPPED'].includes(resource.status)) continue;
      const policy = resource.definition.DeletionPolicy ?? 'Delete';
      const isKept = policy.startsWith('Retain') || retained.includes(name);
      this.#steps.push(async () => {
        if (isKept) this.#set(name, resource, 'DELETE_SKIPPED');
        else if (play.fails === name) this.#set(name, resource, 'DELETE_FAILED', play.reason);
        else await this.#deleteResource(name, resource);
      });
    }
    this.#steps.push(() => {
      const stuck = [...this.resources].filter(([, it]) => it.status === 'DELETE_FAILED');
      const names = stuck.map(([name]) => name).join(', ');
      const reason = `The following resource(s) failed to delete: [${names}].`;
      if (stuck.length === 0) this.#tell('DELETE_COMPLETE');
      else this.#tell('DELETE_FAILED', reason);
    });
  }

  continueRollback(skipped: readonly string[], play: Play): void {
    this.#begin('UPDATE_ROLLBACK_IN_PROGRESS');
    const stuck = [...this.resources].filter(([, it]) => it.status === 'UPDATE_FAILED');
    for (const [name, resource] of stuck) {
      if (skipped.includes(name)) continue;
      const isFailing = play.fails === name;
      const status = isFailing ? 'UPDATE_FAILED' : 'UPDATE_COMPLETE';
      this.#steps.push(() =>
        this.#set(name, resource, status, isFailing ? play.reason : undefined),
      );
    }
    const isFailing = stuck.some(([name]) => play.fails === name && !skipped.includes(name));
    this.#steps.push(() =>
      this.#tell(isFailing ? 'UPDATE_ROLLBACK_FAILED' : 'UPDATE_ROLLBACK_COMPLETE'),
    );
  }

  /** Plays what happens until the next look. */
  async look(): Promise<void> {
    for (let count = 0; count < stepsPerLook; count++) await this.#steps.shift()?.();
  }

  #begin(status: string): void {
    if (this.isBusy) throw new Error(`${this.name} is at work already.`);
    // At once, as AWS does; the event comes with the first look.
    this.status = status;
    this.#steps = [() => this.#tell(status, 'User Initiated')];
  }

  #apply({ action, name, definition }: FakeChange): void {
    const { effects } = this.#surroundings;
    const values = this.known;
    const present = this.resources.get(name);
    const resource: FakeResource =
      action === 'Add' || present === undefined
        ? { definition, physicalId: '', status: '', reason: undefined }
        : { ...present, definition };
    if (action === 'Remove') {
      this.#steps.push(async () => await this.#deleteResource(name, resource));
      return;
    }
    const verb = action === 'Add' ? 'CREATE' : 'UPDATE';
    this.#steps.push(() => this.#set(name, resource, `${verb}_IN_PROGRESS`));
    this.#steps.push(async () => {
      if (action === 'Modify') await effects.changed(name, definition, values);
      else {
        const made = await effects.made(name, definition, values);
        resource.physicalId = made ?? `${this.name}-${name}-made-up`;
      }
      this.#set(name, resource, `${verb}_COMPLETE`);
    });
  }

  #fail({ action, name, definition }: FakeChange, reason: string): void {
    const verb = action === 'Add' ? 'CREATE' : 'UPDATE';
    const resource: FakeResource = this.resources.get(name) ?? {
      definition,
      physicalId: '',
      status: '',
      reason: undefined,
    };
    this.#steps.push(() => this.#set(name, resource, `${verb}_IN_PROGRESS`));
    this.#steps.push(() => this.#set(name, resource, `${verb}_FAILED`, reason));
  }

  #undoCreation(done: readonly FakeChange[], play: Play): void {
    this.#steps.push(() => this.#tell('ROLLBACK_IN_PROGRESS', `[${play.fails}] failed to create.`));
    for (const { name } of done.toReversed()) {
      this.#steps.push(async () => {
        const resource = this.resources.get(name);
        if (resource !== undefined) await this.#deleteResource(name, resource);
      });
    }
    this.#steps.push(() => {
      const isStuck = [...this.resources.values()].some(({ status }) => status === 'DELETE_FAILED');
      this.#tell(isStuck || play.undoing === 'fails' ? 'ROLLBACK_FAILED' : 'ROLLBACK_COMPLETE');
    });
  }

  #undoUpdate(
    touched: readonly FakeChange[],
    before: { readonly template: PlainTemplate; readonly values: Values },
    play: Play,
  ): void {
    const reason = `The following resource(s) failed to update: [${play.fails}].`;
    this.#steps.push(() => this.#tell('UPDATE_ROLLBACK_IN_PROGRESS', reason));
    const old = resourcesIn(before.template, { ...this.known, ...before.values });
    for (const { action, name } of touched.toReversed()) {
      this.#steps.push(async () => {
        const resource = this.resources.get(name);
        if (resource === undefined) return;
        if (action === 'Add') return await this.#deleteResource(name, resource);
        const definition = old.get(name) ?? resource.definition;
        const isStuck = play.undoing === 'fails' && name === play.fails;
        const status = isStuck ? 'UPDATE_FAILED' : 'UPDATE_COMPLETE';
        this.#set(name, { ...resource, definition }, status, isStuck ? play.reason : undefined);
      });
    }
    this.#steps.push(() => {
      this.template = before.template;
      this.values = before.values;
      const isStuck = play.undoing === 'fails';
      this.#tell(isStuck ? 'UPDATE_ROLLBACK_FAILED' : 'UPDATE_ROLLBACK_COMPLETE');
    });
  }

  async #deleteResource(name: string, resource: FakeResource): Promise<void> {
    try {
      await this.#surroundings.effects.deleted(name, resource.definition, resource.physicalId);
      this.#set(name, resource, 'DELETE_COMPLETE');
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.#set(name, resource, 'DELETE_FAILED', reason);
    }
  }

  #set(name: string, resource: FakeResource, status: string, reason?: string): void {
    this.resources.set(name, Object.assign(resource, { status, reason }));
    const type = resource.definition.Type;
    this.#record({ logicalId: name, physicalId: resource.physicalId, type, status, reason });
  }

  #tell(status: string, reason?: string): void {
    this.status = status;
    const self = { logicalId: this.name, physicalId: this.id, type: stackType };
    this.#record({ ...self, status, reason });
  }

  #record(event: Omit<FakeEvent, 'id' | 'atMs'>): void {
    this.events.push({ id: randomUUID(), atMs: this.#surroundings.nowMs(), ...event });
  }
}

const stepsPerLook = 3;

function changedProperties(
  before: PlainResource | undefined,
  after: PlainResource,
): readonly string[] {
  const old = Object.entries(before?.Properties ?? {});
  const now = Object.entries(after.Properties ?? {});
  const names = new Set([...old, ...now].map(([name]) => name));
  const textOf = (entries: readonly (readonly [string, unknown])[], name: string) =>
    JSON.stringify(entries.find(([key]) => key === name)?.[1]);
  return [...names].filter((name) => textOf(old, name) !== textOf(now, name));
}
