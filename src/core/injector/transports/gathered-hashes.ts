/** Reads and writes of single records, as many agents need them at the same moment, in; one message to Redis for all of them out. */
import type { ChainableCommander, Redis } from '../../nerve/redis.js';

/** Redis is one, too. */
export interface Hashes {
  hget(key: string, field: string): Promise<string | null>;
  hset(key: string, fields: Record<string, string>): Promise<unknown>;
}

interface Waiting {
  readonly add: (pipeline: ChainableCommander) => void;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (thrown: unknown) => void;
}

/** What is asked within one turn of the event loop is sent at its end: each message of its own would wake Redis up. */
export function gatherHashes(redis: Redis): Hashes {
  let waiting: Waiting[] = [];

  const send = async () => {
    const sent = waiting;
    waiting = [];
    try {
      const pipeline = redis.pipeline();
      for (const { add } of sent) add(pipeline);
      const replies = (await pipeline.exec()) ?? [];
      for (const [at, { resolve, reject }] of sent.entries()) {
        const [error, reply] = replies[at] ?? [new Error('Redis did not answer'), undefined];
        if (error === null) resolve(reply);
        else reject(error);
      }
    } catch (thrown) {
      for (const { reject } of sent) reject(thrown);
    }
  };
  const ask = (add: Waiting['add']) =>
    new Promise<unknown>((resolve, reject) => {
      if (waiting.push({ add, resolve, reject }) === 1) setImmediate(send);
    });

  return {
    hget: async (key, field) => (await ask((pipeline) => pipeline.hget(key, field))) as string | null,
    hset: (key, fields) => ask((pipeline) => pipeline.hset(key, fields)),
  };
}
