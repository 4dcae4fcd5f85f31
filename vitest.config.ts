import { defineConfig } from 'vitest/config';

/**
 * `unit` is what `npm run check` runs: quick, no peers, two files at a time. `whole` starts Helios
 * and real peers, after it and one file at a time: each has several processes of its own.
 * DuckDB is native code: each file gets a process of its own, so that one crash fails one file.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/tidy.test.ts', 'test/packaging/files.test.ts'],
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.test.ts'],
          exclude: ['test/tidy.test.ts', 'test/packaging/files.test.ts', 'test/interop/**'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
