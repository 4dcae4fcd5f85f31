import { afterAll, beforeAll, expect, test } from 'vitest';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PipelineFixture } from '../../src/pipeline/testing/fixture.ts';
import { renderScriptError } from '../../src/sql/render-error.ts';
import { readCases, suiteFolder, wholeScript } from './suite.ts';

// What can't run on a stream, and what is said of it: the .out beside each file of cases. A missing
// .out is written here and fails in CI; a changed one is written beside it as .changed.

let helios: PipelineFixture;

beforeAll(async () => {
  helios = await PipelineFixture.open();
});

afterAll(async () => {
  await helios[Symbol.asyncDispose]();
});

test.each([...readCases('refused')])('%s are refused as the .out says', async (file, cases) => {
  const said: string[] = [];
  for (const { name, script } of cases) said.push(`-- case: ${name}\n${await refusalOf(script)}\n`);
  const path = join(suiteFolder, 'refused', `${file}.out`);
  expect(differenceTo(path, said.join('\n'))).toBeUndefined();
});

async function refusalOf(script: string): Promise<string> {
  const sql = wholeScript(script, suiteFolder);
  const validation = await helios.supervisor.validate(sql);
  if (validation.kind === 'ok') return 'It would run.';
  return validation.errors.map((error) => renderScriptError(sql, error)).join('\n\n');
}

function differenceTo(path: string, output: string): string | undefined {
  if (!existsSync(path)) {
    if (process.env['CI'] !== undefined) return `${path} is missing`;
    writeFileSync(path, output);
    return undefined;
  }
  if (readFileSync(path, 'utf8') === output) return undefined;
  writeFileSync(`${path}.changed`, output);
  return `${path} is not what comes out now: see ${path}.changed`;
}
