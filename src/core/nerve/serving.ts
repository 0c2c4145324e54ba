/** A client in, whether it can reach everything, and when that changes, out: the same of one server and of a cluster. */
import type { ClusterClient } from './cluster-client.js';
import type { Redis } from './redis.js';

/** False while the server is away, or one of a cluster's masters. */
export function isServing(redis: Redis): boolean {
  return redis.status === 'ready' && (redis as ClusterClient).inTrouble !== true;
}

/** Calls the listener when the server goes away, or one of a cluster's masters; returns how to stop listening. */
export function onLost(redis: Redis, listener: () => void): () => void {
  return onAny(redis, ['close', 'trouble'], listener);
}

/** Calls the listener when the server is there, or all of a cluster's masters again; returns how to stop listening. */
export function onServing(redis: Redis, listener: () => void): () => void {
  return onAny(redis, ['ready', 'recovered'], listener);
}

function onAny(redis: Redis, events: readonly string[], listener: () => void): () => void {
  for (const event of events) redis.on(event, listener);
  return () => {
    for (const event of events) redis.off(event, listener);
  };
}
