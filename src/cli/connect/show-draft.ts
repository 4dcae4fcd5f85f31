import { shareText } from '../../discovery/share-text.ts';
import type { InferAnswerDocument } from '../../server/discovery/discovery-answers.ts';
import { listOf } from '../commands/peek.ts';
import { renderTable } from '../render/table.ts';
import { printable } from '../render/width.ts';
import type { Scope } from '../scope.ts';

/** What was inferred, and what it would do with the records that it was inferred from. */
export function showDraft(scope: Scope, draft: InferAnswerDocument): void {
  const { output, context } = scope;
  if (draft.columns.length > 0) {
    const columns = [{ name: 'column' }, { name: 'type' }, { name: 'in' }, { name: 'example' }];
    const rows = draft.columns.map((column) => [
      column.name,
      column.type,
      shareText(column.present_count, draft.sample.readable_count),
      [column.examples[0], column.note].filter((part) => part !== undefined).join(' · '),
    ]);
    const widthMax = context.isStderrTty ? context.columns() : undefined;
    const table = renderTable(columns, rows, {
      widthMax,
      dim: (text) => output.paintTalk('dim', text),
    });
    output.talk(table.trimEnd());
  }
  for (const line of draftLines(draft)) output.talk(line);
}

const wholeWords = {
  columns: '',
  json: 'The records are kept whole, as JSON.',
  text: 'The records are no JSON: they are kept whole, as text.',
  bytes: 'The records are neither JSON nor text: they are kept whole, as bytes.',
} as const;

const rejectedShown = 5;
const rawLengthMax = 60;

function draftLines({ shape, sample, dry_run: tried, warnings }: InferAnswerDocument): string[] {
  const lines: string[] = [];
  if (shape !== 'columns') lines.push(wholeWords[shape]);
  if (sample.record_count === 0) {
    return [
      ...lines,
      'There was no record to look at: edit the columns when you know them.',
      ...warnings,
    ];
  }
  const counted = `${sample.record_count} record${sample.record_count === 1 ? '' : 's'}`;
  const partitions = Object.keys(sample.partition_counts).length;
  lines.push(`Looked at ${counted} of ${partitions} partition${partitions === 1 ? '' : 's'}.`);
  if (sample.silent.length > 0) lines.push(`Nothing in ${listOf(sample.silent)}.`);
  lines.push(...sample.problems.map(({ partition, message }) => `${partition}: ${message}`));
  if (sample.cost !== undefined) lines.push(`It took ${sample.cost}.`);
  lines.push(
    tried.rejected_count === 0
      ? `The table takes all of them.`
      : `The table takes ${tried.accepted_count}; ${tried.rejected_count} would go to quarantine:`,
  );
  for (const { partition, position, message, raw } of tried.rejected.slice(0, rejectedShown)) {
    lines.push(`  ${partition}:${position}  ${printable(message)}  ${rawText(raw)}`);
  }
  const more = tried.rejected_count - Math.min(rejectedShown, tried.rejected.length);
  if (more > 0) lines.push(`  and ${more} more`);
  return [...lines, ...warnings];
}

function rawText(raw: InferAnswerDocument['dry_run']['rejected'][number]['raw']): string {
  if (raw === null) return '';
  const text = 'text' in raw ? raw.text : `base64 ${raw.base64}`;
  const shown = text.length > rawLengthMax ? `${text.slice(0, rawLengthMax)}…` : text;
  return printable(shown.toWellFormed());
}
