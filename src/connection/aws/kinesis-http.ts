import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';

type Handle = NodeHttpHandler['handle'];

/**
 * HTTP/1.1 for all calls but SubscribeToShard, which Kinesis pushes over HTTP/2 alone. Emulators
 * speak no HTTP/2: they are reached without TLS, and then there is HTTP/1.1 for that too.
 */
export class KinesisHttpHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #plain: NodeHttpHandler;
  readonly #pushed = new NodeHttp2Handler();

  constructor(options: ConstructorParameters<typeof NodeHttpHandler>[0]) {
    this.#plain = new NodeHttpHandler(options);
  }

  async handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const target = request.headers['x-amz-target'] ?? '';
    const isPushed = request.protocol === 'https:' && target.endsWith('.SubscribeToShard');
    if (!isPushed) return await this.#plain.handle(request, options);
    return await this.#pushed.handle(request, { ...options, isEventStream: true });
  }

  destroy(): void {
    this.#plain.destroy();
    this.#pushed.destroy();
  }

  updateHttpClientConfig(...change: Parameters<NodeHttpHandler['updateHttpClientConfig']>): void {
    this.#plain.updateHttpClientConfig(...change);
  }

  httpHandlerConfigs(): ReturnType<NodeHttpHandler['httpHandlerConfigs']> {
    return this.#plain.httpHandlerConfigs();
  }
}
