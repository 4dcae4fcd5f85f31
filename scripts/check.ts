/**
 * Everything that must hold before a commit: `npm run check`. With `--whole` (`npm test`) also the
 * tests that start Helios and real peers. All steps run, whatever failed before; the last line
 * counts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Step = {
  readonly name: string;
  /** A file under node_modules that Node runs, and its arguments. */
  readonly program: string;
  readonly options: readonly string[];
};

type Count = { passed: number; failed: number; skipped: number };

const consoleTypes = ['-p', 'tsconfig.console.json'];
const steps: readonly Step[] = [
  { name: 'format', program: 'oxfmt/bin/oxfmt', options: ['--check'] },
  { name: 'lint', program: 'oxlint/bin/oxlint', options: ['--quiet'] },
  { name: 'types', program: 'typescript/bin/tsc', options: [] },
  { name: 'types of the console', program: 'typescript/bin/tsc', options: consoleTypes },
  { name: 'knip', program: 'knip/bin/knip.js', options: ['--no-progress'] },
];

const isWhole = process.argv.includes('--whole');
const count: Count = { passed: 0, failed: 0, skipped: 0 };
for (const step of steps) {
  if (runStep(step)) count.passed++;
  else count.failed++;
}
runTests(isWhole ? ['unit', 'whole'] : ['unit']);
if (count.skipped > 0) say(`${count.skipped} skipped (the reasons are above)`);
say(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed === 0 ? 0 : 1;

/** Quiet when it succeeds: one line with its time. */
function runStep(step: Step): boolean {
  const startedAtMs = performance.now();
  const outcome = spawnSync(process.execPath, [programPath(step.program), ...step.options], {
    encoding: 'utf8',
  });
  const isOk = outcome.status === 0;
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  say(`${isOk ? 'ok  ' : 'FAIL'} ${step.name} ${seconds} s`);
  if (!isOk) say(`${outcome.stdout}${outcome.stderr}`.trim());
  return isOk;
}

function runTests(projects: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'helios-check-'));
  const reportPath = join(folder, 'report.json');
  const outcome = spawnSync(
    process.execPath,
    [
      programPath('vitest/vitest.mjs'),
      'run',
      ...projects.map((project) => `--project=${project}`),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportPath}`,
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  countTests(reportPath);
  // Errors outside of tests fail the run, too, though no test says so.
  if (outcome.status !== 0 && count.failed === 0) count.failed++;
  rmSync(folder, { recursive: true, force: true });
}

/** What this reads of Vitest's JSON report. */
type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
};

function countTests(reportPath: string): void {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(reportPath, 'utf8')) as Report;
  } catch (thrown) {
    say(`The test run left no report: ${String(thrown)}`);
    count.failed++;
    return;
  }
  const brokenFiles = report.testResults.filter(
    (file) =>
      file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  );
  count.passed += report.numPassedTests;
  count.failed += report.numFailedTests + brokenFiles.length;
  count.skipped += report.numPendingTests;
}

function programPath(program: string): string {
  return join(import.meta.dirname, '..', 'node_modules', program);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
