import { WebSocketServer } from 'ws';
import { HeliosError } from '../../base/errors.ts';
import { LiveConnection } from './live-connection.ts';
import type { Principal } from '../../access/token.ts';
import type { AuditTrail } from '../access/audit-trail.ts';
import type { ServerDependencies } from '../dependencies.ts';
import type { LiveLimits } from '../limits.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

export type LiveDependencies = ServerDependencies & {
  readonly limits: LiveLimits;
  readonly metrics: Metrics;
  readonly trail: AuditTrail;
  /** Who opened the socket: asked, and counted as a use, at each of its subscriptions. */
  readonly admit: (request: IncomingMessage) => Principal;
  /** Whether who opened the socket may still be here. */
  readonly isWelcome: (request: IncomingMessage) => boolean;
};

/** All live sockets: one per browser tab or `helios tail`, each with many subscriptions. */
export class Live {
  readonly #dependencies: LiveDependencies;
  readonly #sockets: WebSocketServer;
  readonly #connections = new Set<LiveConnection>();

  constructor(dependencies: LiveDependencies) {
    this.#dependencies = dependencies;
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: dependencies.limits.messageBytesMax,
      // Rows are small and local; deflating them costs memory per socket.
      perMessageDeflate: false,
    });
  }

  get socketCount(): number {
    return this.#connections.size;
  }

  /** Takes over the socket of a request that asks for an upgrade. Throws before it does. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { limits } = this.#dependencies;
    if (this.#connections.size >= limits.socketsMax) {
      throw new HeliosError('too_busy', `There are ${limits.socketsMax} live sockets already.`, {
        hint: 'Close some; one socket serves many subscriptions.',
      });
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new LiveConnection(webSocket, request, this.#dependencies);
      this.#connections.add(connection);
      webSocket.once('close', () => this.#connections.delete(connection));
    });
  }

  /** Asks all clients to close. */
  close(): void {
    for (const connection of this.#connections) connection.close();
    this.#sockets.close();
  }

  /** Cuts the clients that did not. */
  terminate(): void {
    for (const connection of this.#connections) connection.terminate();
  }
}
