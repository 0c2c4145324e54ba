/** A client for Redis with the names of a fleet, as agents need it, behind what their users see of it. */
import { DreamnetError } from '../../errors.js';
import { beginConnecting, type RedisTarget } from '../../nerve/connection.js';
import { createNames, type Names } from '../../nerve/names.js';
import type { Redis } from '../../nerve/redis.js';
import { isServing } from '../../nerve/serving.js';
import type { AgentConnection, ConnectionOptions } from './open-connection.js';

export class Connection implements AgentConnection {
  readonly redis: Redis;
  readonly names: Names;

  constructor({ redis = process.env.REDIS_URL, prefix = process.env.DREAMNET_PREFIX }: ConnectionOptions) {
    if (redis === undefined || redis === '') throw noAddress();
    this.names = createNames(prefix);
    this.redis = beginConnecting(targetOf(redis), { patience: 'agent', name: 'dreamnet-agent' });
  }

  get connected(): boolean {
    return isServing(this.redis);
  }

  close(): void {
    this.redis.disconnect();
  }
}

function targetOf(address: string): RedisTarget {
  return address.startsWith('/') ? { socketPath: address, url: null } : { socketPath: null, url: address };
}

function noAddress(): DreamnetError {
  return new DreamnetError({
    code: 'DN638',
    kind: 'bad-input',
    message: 'The agent is not told where Redis is.',
    hint: 'Set REDIS_URL, or the option `redis`, such as redis://127.0.0.1:6379.',
  });
}
