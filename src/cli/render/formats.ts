import { cellText, type TableColumn } from './table.ts';

/** Rows as a Markdown table, which any width fits. */
export function markdownTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly unknown[])[],
): string {
  const lines = [
    columns.map((column) => markdownCell(column.name)),
    columns.map(() => '---'),
    ...rows.map((row) => columns.map((_, index) => markdownCell(cellText(row[index])))),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function markdownCell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll(/\r?\n/g, '<br>');
}

/** A JSON object as it came, with `"v":1` put first and a newline last. */
export async function jsonText(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const text = Buffer.concat(chunks);
  const start = text.indexOf('{') + 1;
  const end = text.lastIndexOf('}') + 1;
  return Buffer.concat([jsonStart, text.subarray(start, end), jsonEnd]);
}

const encoder = new TextEncoder();
const jsonStart = encoder.encode('{"v":1,');
const jsonEnd = encoder.encode('\n');
