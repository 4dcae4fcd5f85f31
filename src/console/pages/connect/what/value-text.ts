import type { BytesAnswer } from '../../../../server/discovery/discovery-answers.ts';

/** A record's value as it can be read; bytes that are no text are told as base64. */
export function valueText(value: BytesAnswer): string {
  if (value === null) return '(no value)';
  return 'text' in value ? value.text : `base64 ${value.base64}`;
}
