import type { ErrorBody, PipelineRestartBody } from '../../../../server/api.ts';
import { meantTime } from '../../../time/wall-time.ts';

/** Where a person wants a pipeline to read on. */
export type RestartChoice =
  | { readonly kind: 'earliest' | 'latest' }
  /** As the browser's field gives it, on a clock of the chosen zone. */
  | { readonly kind: 'time'; readonly text: string }
  | {
      readonly kind: 'position';
      readonly source: string;
      readonly partition: string;
      readonly position: string;
    };

/** What the API must be told before it does something that can't be taken back. */
export const consents = ['allow_duplicates', 'allow_skipping'] as const;

export type Consent = (typeof consents)[number];

/** Undefined where the choice isn't complete; times are those of clocks of `zone`. */
export function restartBody(
  choice: RestartChoice,
  zone: string,
  given: ReadonlySet<Consent>,
): PipelineRestartBody | undefined {
  const from = fromOf(choice, zone);
  if (from === undefined) return undefined;
  return {
    restart_from: from,
    ...(given.has('allow_duplicates') ? { allow_duplicates: true } : {}),
    ...(given.has('allow_skipping') ? { allow_skipping: true } : {}),
  };
}

function fromOf(
  choice: RestartChoice,
  zone: string,
): PipelineRestartBody['restart_from'] | undefined {
  switch (choice.kind) {
    case 'earliest':
    case 'latest':
      return choice.kind;
    case 'time': {
      const meant = meantTime(choice.text, zone);
      return meant && new Date(meant.ms).toISOString();
    }
    case 'position': {
      const { source, partition, position } = choice;
      if (source === '' || partition === '' || position.trim() === '') return undefined;
      return { [source]: { [partition]: position.trim() } };
    }
  }
}

export type Move = {
  readonly source: string;
  readonly partition: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly effect: string;
};

/** What a refused restart would do, and what must be allowed for it; undefined otherwise. */
export function refusalOf({
  code,
  details,
}: ErrorBody): { readonly needs: readonly Consent[]; readonly moves: readonly Move[] } | undefined {
  const needs = details?.['needs'];
  if (code !== 'conflict' || !Array.isArray(needs)) return undefined;
  const known = consents.filter((consent) => needs.includes(consent));
  const moves = details?.['moves'];
  return { needs: known, moves: Array.isArray(moves) ? (moves as Move[]) : [] };
}
