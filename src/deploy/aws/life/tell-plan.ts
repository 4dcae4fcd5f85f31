import type { Person } from '../person.ts';
import type { Change } from '../stack/change-set.ts';
import { planCounts, planInWords } from '../stack/plan-words.ts';
import type { Blueprint } from './blueprint.ts';

type Plan = {
  readonly blueprint: Blueprint;
  readonly changes: readonly Change[];
  readonly isNew: boolean;
};

/** Everything that somebody should know before they say yes. */
export function tellPlan(person: Person, { blueprint, changes, isNew }: Plan): void {
  if (changes.length === 0) {
    person.say('Everything is as helios.deploy.yaml says: nothing to change.');
    return;
  }
  person.say('');
  for (const line of planInWords(changes)) person.say(line);
  person.say('');
  if (isNew || changes.some(({ type }) => type.startsWith('AWS::IAM::'))) {
    person.say('What the machine and others may do (IAM):');
    for (const line of blueprint.iam) person.say(`  ${line}`);
    person.say('');
  }
  if (isNew) tellCosts(person, blueprint);
  else person.say(`All of it costs a month, estimated: ${moneyText(blueprint.estimate.totalUsd)}.`);
  person.say('');
  person.say(`In short: ${planCounts(changes)}.`);
}

function tellCosts(person: Person, { estimate }: Blueprint): void {
  const { items, totalUsd, assumptions, warnings } = estimate;
  person.say('What it costs a month, estimated:');
  for (const { what, usd, how } of items) {
    person.say(`  ${moneyText(usd).padStart(8)}  ${what} (${how})`);
  }
  person.say(`  ${moneyText(totalUsd).padStart(8)}  together, if:`);
  for (const line of assumptions) person.say(`            - ${line}`);
  for (const line of warnings) person.say(`  Careful: ${line}`);
}

/** `$12.26`. */
function moneyText(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
