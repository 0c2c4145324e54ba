/**
 * Heartbeats of a host in; out, once, a warning when another process beats under the same name. Both would obey every order,
 * and each would overwrite what the other says of the agents. Nobody is stopped: while a service is replaced, the old and the
 * new process overlap for a moment, and that ends by itself.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { limits } from '../limits.js';
import { newIdentifier } from '../nerve/messages/identifiers.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { appendMessage } from '../nerve/streams.js';

export interface SoleProcess {
  /** With each heartbeat. */
  beat(nowMs: number): Promise<void>;
}

export interface SoleProcessOptions {
  readonly redis: Redis;
  readonly names: Names;
  readonly hostId: string;
  readonly log: (line: string) => void;
}

/** So many beats in a row that find another's: a replaced process has ended by then. */
const toldAfterBeats = 3;

export function createSoleProcess({ redis, names, hostId, log }: SoleProcessOptions): SoleProcess {
  const own = `process ${process.pid} on ${hostname()}, ${randomUUID().slice(0, 8)}`;
  let beats = 0;
  let others = 0;
  return {
    async beat(nowMs) {
      const before = await redis.set(names.hostProcess(hostId), own, 'PX', limits.agentAliveMs, 'GET');
      // Before the first beat it may be that of a process that is gone.
      const isOther = beats++ > 0 && before !== null && before !== own;
      others = isOther ? others + 1 : 0;
      if (others !== toldAfterBeats) return;
      const message = `${hostId} is run by two processes: this is ${own}, the other is ${before}. Give each an id of its own, or end one.`;
      log(message);
      await appendMessage(redis, names.alerts, {
        ...{ id: newIdentifier('alert', nowMs, Math.random), at: nowMs },
        ...{ severity: 'warning', kind: 'agent-twice', message },
      });
    },
  };
}
