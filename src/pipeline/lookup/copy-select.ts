import { quoteName } from '../../engine/types.ts';

/** The temporary table that a pipeline's connection has of the so many-th table it looks up. */
export function copyName(index: number): string {
  return quoteName(`__lookup_${index}`);
}

/** SELECT of its rows. */
export function copySelect(index: number): string {
  return `SELECT * FROM ${copyName(index)}`;
}
