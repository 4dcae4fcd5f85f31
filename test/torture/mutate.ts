import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unreachable } from '../../src/base/assert.ts';
import { type KafkaParts, kafkaParts } from '../peers/kafka.ts';
import { isGood } from './judge.ts';
import type { Change, Mutant } from './mutants.ts';
import { twoOwners } from './owners.ts';
import { torture, type TortureOptions, type TortureReport } from './run.ts';
import { tortureKafka } from './streams/kafka.ts';
import { tortureKinesis } from './streams/kinesis.ts';
import { wakeZombies } from './streams/zombies.ts';

const sourceRoot = join(import.meta.dirname, '..', '..');

/** The file's text with the change made; fails when its text isn't there exactly once. */
export function mutated({ file, find, replace }: Change, root: string = sourceRoot): string {
  const text = readFileSync(join(root, file), 'utf8');
  const count = text.split(find).length - 1;
  if (count !== 1) throw new Error(`${file} has ${JSON.stringify(find)} ${count} times, not once.`);
  return text.replace(find, () => replace);
}

/**
 * Whether the harness notices what the mutant does. A faulty mutant that can't even start doesn't
 * count.
 */
export async function isCaught(
  mutant: Mutant,
  options: Pick<TortureOptions, 'seed' | 'folder' | 'python' | 'log'>,
): Promise<boolean> {
  const root = join(options.folder, 'tree');
  copyTree(root);
  for (const change of mutant.changes) {
    writeFileSync(join(root, change.file), mutated(change, root));
  }
  const { verdicts, faults } = await tryOut(mutant, { ...options, root });
  for (const verdict of verdicts.filter((one) => !isGood(one))) {
    const { what, lost, doubled, phantom, torn } = verdict;
    options.log(`  ${what}: ${lost} lost, ${doubled} doubled, ${phantom} phantom, ${torn} torn`);
  }
  for (const fault of [...faults, ...verdicts.flatMap((verdict) => verdict.faults)]) {
    options.log(`  ${fault.split('\n')[0]}`);
  }
  return faults.length > 0 || !verdicts.every(isGood);
}

async function tryOut(
  { trial }: Mutant,
  options: Pick<TortureOptions, 'seed' | 'folder' | 'python' | 'log' | 'root'>,
): Promise<Pick<TortureReport, 'verdicts' | 'faults'>> {
  const common = { ...options, kills: 6, pointHits: 4 };
  switch (trial.kind) {
    case 'owners':
      return await twoOwners({ ...options, rounds: 3 });
    case 'kill':
    case 'power':
      return await torture({
        ...common,
        points: trial.points,
        powerCutShare: trial.kind === 'power' ? 1 : 0,
      });
    case 'kafka': {
      const kafka = { ...common, points: trial.points, powerCutShare: 0, brokerKills: 1 };
      return await tortureKafka({ ...kafka, parts: await requiredKafka() });
    }
    case 'kinesis': {
      const kinesis = { ...common, points: trial.points, powerCutShare: 0, reshards: 12 };
      return await tortureKinesis({ ...kinesis, emulator: 'kinesis-local' });
    }
    case 'zombies':
      return await wakeZombies({ ...options, rounds: 1, parts: await requiredKafka() });
    default:
      return unreachable(trial);
  }
}

async function requiredKafka(): Promise<KafkaParts> {
  const parts = await kafkaParts();
  if (parts === undefined) throw new Error('This needs Kafka, and so Java and Maven.');
  return parts;
}

function copyTree(root: string): void {
  mkdirSync(root, { recursive: true });
  for (const name of ['src', 'package.json', 'examples']) {
    cpSync(join(sourceRoot, name), join(root, name), { recursive: true });
  }
  symlinkSync(join(sourceRoot, 'node_modules'), join(root, 'node_modules'));
}
