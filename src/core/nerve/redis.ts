/** The client that everything is handed: of one server or of a cluster, both take the same commands. */
import type { EventEmitter } from 'node:events';
import type { Cluster, Redis as Standalone } from 'ioredis';

export type { ChainableCommander } from 'ioredis';

/** What each of them has of its own; connection.ts and serving.ts know what to make of it. */
type Own = 'duplicate' | 'options' | 'sendCommand' | 'status' | 'connect' | keyof EventEmitter;

export type Redis = Pick<Standalone, Exclude<keyof Standalone & keyof Cluster, Own>> &
  EventEmitter & {
    readonly status: Standalone['status'] | Cluster['status'];
    connect(): Promise<void>;
  };
