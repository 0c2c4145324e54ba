/** The client that everything is handed: of one server or of a cluster, both take the same commands. */
import type { Cluster, Redis as Standalone } from 'ioredis';

export type { ChainableCommander } from 'ioredis';

export type Redis = Standalone | Cluster;
