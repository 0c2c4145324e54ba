/** Where Redis is in, a connection that agents of one process share out; it comes back by itself, for ever. */
import { Connection } from './connection.js';

/** What several agents of one process may share; see `openConnection`. */
export interface AgentConnection {
  /** False while Redis is away. */
  readonly connected: boolean;
  /** Ends it, once the agents that use it have stopped. */
  close(): void;
}

export interface ConnectionOptions {
  /** Address such as `redis://127.0.0.1:6379`, or the path of a socket; REDIS_URL unless told otherwise. */
  readonly redis?: string;
  /** Namespace of the fleet in Redis; DREAMNET_PREFIX, or none, unless told otherwise. */
  readonly prefix?: string;
}

/**
 * A connection for the `connection` option of several agents. It need not be there yet: agents start without it, and come up
 * in the fleet when it is. Throws DN638 without an address, and DN202 for something that is none.
 */
export function openConnection(options: ConnectionOptions = {}): AgentConnection {
  return new Connection(options);
}
