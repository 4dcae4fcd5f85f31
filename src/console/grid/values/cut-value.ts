import { bytes } from '../../text.ts';

/** A value that is too long to be brought here: how it begins, and its size. */
export type CutValue = { readonly helios_cut: string; readonly helios_bytes: number };

export function isCut(value: unknown): value is CutValue {
  return (
    typeof value === 'object' &&
    value !== null &&
    'helios_cut' in value &&
    'helios_bytes' in value &&
    typeof value.helios_cut === 'string' &&
    typeof value.helios_bytes === 'number'
  );
}

/** Its beginning, with what there is in all: nobody takes it for the whole. */
export function cutText({ helios_cut: start, helios_bytes: size }: CutValue): string {
  return `${start}… [cut: ${bytes(size)} in all]`;
}
