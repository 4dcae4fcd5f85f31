import type { DeploySize } from './settings.ts';

export type MachineSize = {
  readonly instanceType: string;
  readonly memoryGb: number;
  readonly virtualCpus: number;
  /** What Fargate has that comes nearest, in its units: 1024 are a processor, and MiB. */
  readonly fargate: { readonly cpu: number; readonly memoryMb: number };
};

/** Graviton: the same work for a fifth less. */
export const machineSizes: Readonly<Record<DeploySize, MachineSize>> = {
  small: {
    instanceType: 't4g.small',
    memoryGb: 2,
    virtualCpus: 2,
    fargate: { cpu: 512, memoryMb: 2048 },
  },
  medium: {
    instanceType: 't4g.medium',
    memoryGb: 4,
    virtualCpus: 2,
    fargate: { cpu: 1024, memoryMb: 4096 },
  },
  large: {
    instanceType: 't4g.large',
    memoryGb: 8,
    virtualCpus: 2,
    fargate: { cpu: 2048, memoryMb: 8192 },
  },
};
