import { type ReactNode, useEffect, useRef } from 'react';
import { type AnswerRow, useRows } from '../../api/rows.ts';
import { Ago } from '../../parts/ago.tsx';
import { Failure } from '../../parts/failure.tsx';
import { bytes } from '../../text.ts';
import { bytesOfBase64, hexByte, hexLines, shownByte } from './raw/hex.ts';
import { offendingByte, offendingSpan } from './raw/offence.ts';
import { rawBytesMax, rawQuestion, type Reason } from './reason-sql.ts';

/** A record's bytes, with what is at fault marked. */
export function RawRecord({
  reason,
  partition,
  position,
  message,
  again,
}: {
  readonly reason: Reason;
  readonly partition: string;
  readonly position: string;
  readonly message: string;
  /** When it was replayed last; with a message where it failed again. */
  readonly again: { readonly at: string; readonly message: string | null } | undefined;
}): ReactNode {
  const { rows, error } = useRows(rawQuestion(reason, partition, position), 0);
  const row = rows?.[0];
  return (
    <div className="quarantine-raw">
      <p>
        {message}{' '}
        <span className="quiet">
          Partition {partition}, position {position}.
        </span>
      </p>
      {again !== undefined && (
        <p>
          {again.message === null ? 'Replayed ' : 'Failed again '}
          <Ago at={again.at} />
          {again.message === null ? ', and it passed.' : `: ${again.message}`}
        </p>
      )}
      {error !== undefined && <Failure error={error} />}
      {rows?.length === 0 && <p className="quiet">The record is not in the table any more.</p>}
      {row !== undefined && <Content row={row} reason={reason} />}
    </div>
  );
}

function Content({ row, reason }: { readonly row: AnswerRow; readonly reason: Reason }): ReactNode {
  const content = String(row['content'] ?? '');
  const size = Number(row['bytes']);
  const isText = row['is_text'] === true;
  const isCut = isText ? new TextEncoder().encode(content).length < size : size > rawBytesMax;
  return (
    <>
      {size === 0 && <p className="quiet">The record has no bytes.</p>}
      {size > 0 && isText && <Text text={content} reason={reason} isCut={isCut} />}
      {size > 0 && !isText && <Dump bytes={bytesOfBase64(content)} />}
      {isCut && <p className="quiet">The beginning of {bytes(size)}; an export has all of it.</p>}
    </>
  );
}

function Text({
  text,
  reason,
  isCut,
}: {
  readonly text: string;
  readonly reason: Reason;
  readonly isCut: boolean;
}): ReactNode {
  const frame = useRef<HTMLPreElement>(null);
  const mark = useRef<HTMLElement>(null);
  const found = offendingSpan(text, reason);
  // What is cut off isn't what is wrong.
  const span = isCut && found?.start === text.length ? undefined : found;
  useEffect(() => {
    if (frame.current === null || mark.current === null) return;
    frame.current.scrollTop = Math.max(0, mark.current.offsetTop - frame.current.offsetTop - 60);
  }, [text]);
  return (
    <>
      <pre ref={frame} className="quarantine-text" tabIndex={0} aria-label="The record’s text">
        {span === undefined ? (
          text
        ) : (
          <>
            {text.slice(0, span.start)}
            <mark ref={mark} className={span.start === span.end ? 'missing' : undefined}>
              {span.start === span.end
                ? 'something is missing here'
                : text.slice(span.start, span.end)}
            </mark>
            {text.slice(span.end)}
          </>
        )}
      </pre>
      {span === undefined && reason.field !== '' && !isCut && (
        <p className="quiet">The record has no member of this name.</p>
      )}
    </>
  );
}

/** Bytes that are no text, sixteen a line. */
function Dump({ bytes: all }: { readonly bytes: Uint8Array }): ReactNode {
  const shown = all.subarray(0, dumpBytesMax);
  const at = offendingByte(all);
  const cell = (byte: number, place: number, write: (byte: number) => string): ReactNode =>
    place === at ? <mark key={place}>{write(byte)}</mark> : write(byte);
  return (
    <>
      <pre className="quarantine-text" tabIndex={0} aria-label="The record’s bytes">
        {hexLines(shown).map(({ offset, bytes: line }) => (
          <div key={offset}>
            <span className="quiet">{offset.toString(16).padStart(6, '0')}</span>
            {'  '}
            {line.map((byte, index) => [cell(byte, offset + index, hexByte), ' '])}
            {'   '.repeat(16 - line.length)}{' '}
            {line.map((byte, index) => cell(byte, offset + index, shownByte))}
          </div>
        ))}
      </pre>
      <p className="quiet">
        {at === undefined
          ? 'These bytes are no text.'
          : `Byte ${at} (${hexByte(all[at] ?? 0)}) ${all[at] === 0 ? 'is a NUL' : 'is no UTF-8'}.`}
        {all.length > dumpBytesMax && ` The first ${bytes(dumpBytesMax)} are shown.`}
      </p>
    </>
  );
}

/** As many bytes as a person reads. */
const dumpBytesMax = 4096;
