import type { Socket } from 'node:net';
import { HeliosError } from '../../../base/errors.ts';

const lengthBytes = 4;

/**
 * Looks at the lengths that a broker's answers begin with before the client does: it would wait for
 * any number of bytes, and a negative one would end the process. A connection that lies is cut.
 */
export function guardFrames(socket: Socket, frameBytesMax: number): void {
  const listeners = socket.listeners('data') as ((bytes: Buffer) => void)[];
  const header = Buffer.alloc(lengthBytes);
  let headerLength = 0;
  let bodyLeft = 0;
  socket.removeAllListeners('data');
  socket.on('data', (bytes: Buffer) => {
    for (let at = 0; at < bytes.length;) {
      if (bodyLeft > 0) {
        const taken = Math.min(bodyLeft, bytes.length - at);
        bodyLeft -= taken;
        at += taken;
        continue;
      }
      header[headerLength++] = bytes[at++] ?? 0;
      if (headerLength < lengthBytes) continue;
      headerLength = 0;
      bodyLeft = header.readInt32BE(0);
      if (bodyLeft < lengthBytes || bodyLeft > frameBytesMax) {
        socket.destroy(tooLong(bodyLeft));
        return;
      }
    }
    for (const listener of listeners) listener.call(socket, bytes);
  });
}

function tooLong(length: number): HeliosError {
  return new HeliosError('unreachable', `The broker announced an answer of ${length} bytes.`, {
    hint: 'Is this the port of a Kafka broker, for the chosen protocol?',
  });
}
