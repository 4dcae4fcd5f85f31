import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Connection } from '@platformatic/kafka';
import { HeliosError } from '../../base/errors.ts';

/** Longest answer of a broker: more than anybody asks for. */
const answerBytesMax = 1024 * 1024 * 1024;
const lengthBytes = 4;

/**
 * Keeps a connection that is being made from ending the process. The client tells each failure to
 * who waits for it, but also emits it on the connection, for a second time where the socket breaks
 * after the failure; an `error` that nobody listens to ends Node. So does an answer whose length is
 * negative (@platformatic/kafka 2.12.1): a connection that announces one, or too much, is cut.
 */
export function guardConnection(connection: Connection): void {
  connection.on('error', (error: unknown) => {
    if (!breakages.has(connection)) breakages.set(connection, error);
  });
  // The client makes the socket after it has told of the connection, and listens when it is open.
  process.nextTick(() => {
    const socket: Socket | undefined = connection.socket;
    const opened = socket instanceof TLSSocket ? 'secureConnect' : 'connect';
    socket?.once(opened, () => guardAnswers(socket));
  });
}

/** What broke a guarded connection: to those who wait, the client says only that it is closed. */
export function breakageOf(connection: Connection): unknown {
  return breakages.get(connection);
}

const breakages = new WeakMap<Connection, unknown>();

function guardAnswers(socket: Socket): void {
  const listeners = socket.listeners('data') as ((bytes: Buffer) => void)[];
  const lengths = new AnswerLengths();
  socket.removeAllListeners('data');
  socket.on('data', (bytes: Buffer) => {
    const wrong = lengths.follow(bytes);
    if (wrong === undefined) for (const listener of listeners) listener.call(socket, bytes);
    else socket.destroy(tooLong(wrong));
  });
}

/** Follows where answers begin in what comes from a socket. */
class AnswerLengths {
  readonly #header = Buffer.alloc(lengthBytes);
  #headerLength = 0;
  #bodyLeft = 0;

  /** Gives a length that can't be one. */
  follow(bytes: Buffer): number | undefined {
    for (let at = 0; at < bytes.length;) {
      if (this.#bodyLeft > 0) {
        const taken = Math.min(this.#bodyLeft, bytes.length - at);
        this.#bodyLeft -= taken;
        at += taken;
        continue;
      }
      this.#header[this.#headerLength++] = bytes[at++] ?? 0;
      if (this.#headerLength < lengthBytes) continue;
      this.#headerLength = 0;
      this.#bodyLeft = this.#header.readInt32BE(0);
      if (this.#bodyLeft < lengthBytes || this.#bodyLeft > answerBytesMax) return this.#bodyLeft;
    }
    return undefined;
  }
}

function tooLong(length: number): HeliosError {
  return new HeliosError('unreachable', `The broker announced an answer of ${length} bytes.`, {
    hint: 'Is this the port of a Kafka broker, for the chosen protocol?',
  });
}
