import { Server } from 'node:net';

/**
 * Loaded before a peer that would listen on every interface: what it opens is on 127.0.0.1, under
 * the port that it asked for.
 */
const listen: unknown = Reflect.get(Server.prototype, 'listen');

Server.prototype.listen = function listenOnLoopback(this: Server, ...parts: unknown[]): Server {
  const [first, second] = parts;
  if (typeof first === 'object' && first !== null) parts[0] = { ...first, host: '127.0.0.1' };
  else if (typeof second === 'string') parts[1] = '127.0.0.1';
  else parts.splice(1, 0, '127.0.0.1');
  return Reflect.apply(listen as () => Server, this, parts);
};
