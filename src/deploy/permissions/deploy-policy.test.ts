import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { everything, smallSettings, variants } from '../testing/variants.ts';
import { stackTemplate } from '../template/stack.ts';
import {
  commandActions,
  type DeployPolicy,
  machinePolicy,
  morePolicy,
  policyCharactersMax,
} from './deploy-policy.ts';
import { typeActions } from './type-actions.ts';

const place = { account: '111122223333', region: 'eu-central-1' };
const policies = { machine: machinePolicy(place), more: morePolicy(place) };

describe.each(Object.entries(policies))('the policy %s', (_name, policy) => {
  test('is one that IAM takes', () => {
    expect(JSON.stringify(policy).length).toBeLessThanOrEqual(policyCharactersMax);
    const names = policy.Statement.map(({ Sid }) => Sid);
    expect(new Set(names).size).toBe(names.length);
  });

  test('has no star in an action, and a star alone only where AWS has no names', () => {
    for (const { Sid, Action, Resource, Condition } of policy.Statement) {
      expect(Action.filter((action) => action.includes('*'))).toEqual([]);
      if (Resource !== '*') continue;
      expect(['NamedWhenMade', 'Everywhere']).toContain(Sid);
      if (Sid === 'NamedWhenMade') {
        expect(Condition).toEqual({ StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } });
      }
    }
  });
});

test('every action that is needed is in one statement, and in one only', () => {
  const all = actionsOf(policies.machine).concat(actionsOf(policies.more));
  for (const action of [...commandActions, ...Object.values(typeActions).flat()]) {
    expect(all, action).toContain(action);
  }
  for (const policy of Object.values(policies)) {
    expect(new Set(actionsOf(policy)).size).toBe(actionsOf(policy).length);
  }
});

test('who has the first alone can deploy a machine, and with the second anything', () => {
  const machine = new Set(actionsOf(policies.machine));
  const both = new Set([...machine, ...actionsOf(policies.more)]);
  const needed = (settings: typeof smallSettings): readonly string[] =>
    Object.values(stackTemplate(settings).Resources).flatMap(({ Type }) => typeActions[Type]);
  for (const settings of [smallSettings, variants['oldBucket'] ?? smallSettings]) {
    expect(needed(settings).filter((action) => !machine.has(action))).toEqual([]);
  }
  for (const settings of [...Object.values(variants), ...Object.values(everything)]) {
    expect(needed(settings).filter((action) => !both.has(action))).toEqual([]);
  }
});

test('what the commands say that they need is among it', async () => {
  const both = [...actionsOf(policies.machine), ...actionsOf(policies.more)];
  const folder = join(import.meta.dirname, '..', 'aws');
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const named = await Promise.all(
    files
      .filter((entry) => entry.isFile() && /(?<!\.test)\.ts$/.test(entry.name))
      .map(async (entry) => {
        const text = await readFile(join(entry.parentPath, entry.name), 'utf8');
        return [...text.matchAll(/action: '([a-z0-9]+:[A-Z]\w+)'/g)].map(
          ([, action = '']) => action,
        );
      }),
  );
  expect(named.flat().length).toBeGreaterThan(10);
  // Everybody may ask who he is.
  const missing = named.flat().filter((one) => !both.includes(one) && !one.startsWith('sts:'));
  expect(missing).toEqual([]);
});

test('docs/permissions.md has these policies', async () => {
  const path = join(import.meta.dirname, '..', '..', '..', 'docs', 'permissions.md');
  const blocks = [...(await readFile(path, 'utf8')).matchAll(/```json\n(.*?)```/gs)].map(
    ([, json = '']) => JSON.parse(json) as unknown,
  );
  expect(blocks).toEqual([policies.machine, policies.more]);
});

function actionsOf({ Statement }: DeployPolicy): string[] {
  return Statement.flatMap(({ Action }) => [...Action]);
}
