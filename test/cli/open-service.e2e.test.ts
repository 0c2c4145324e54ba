import { chmodSync, mkdirSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { openService } from '../../src/cli/open-service.js';
import { withSession } from '../../src/cli/open-session.js';
import { prepareHome } from '../../src/core/fleet/home.js';
import { limits } from '../../src/core/limits.js';
import { pause } from '../../src/core/pause.js';
import { type TcpRedis, tcpRedis } from '../e2e/support.js';
import { temporaryDir, temporaryHome } from '../fleet/support.js';

const { signal } = new AbortController();

function newHome() {
  const root = temporaryDir();
  vi.stubEnv('DREAMNET_HOME', root);
  const home = temporaryHome(root);
  prepareHome(home);
  return home;
}

function open({ url }: TcpRedis, volume?: string) {
  const nothing = () => undefined;
  const flags = { redis: url, volume };
  return openService({ service: 'injector', flags, signal, report: nothing, warn: nothing });
}

const connections = async ({ client }: TcpRedis) =>
  String(await client.client('LIST'))
    .split('\n')
    .filter((line) => line.includes('name=dreamnet'));

/** Others may write there, so that nobody signs with what is in it. */
function openKeys(): void {
  const { keysDir } = newHome();
  mkdirSync(keysDir, { recursive: true });
  chmodSync(keysDir, 0o777);
}

describe('opening a service', () => {
  it('leaves no connection behind when its keys cannot be used', async () => {
    const redis = await tcpRedis();
    openKeys();
    await expect(open(redis)).rejects.toMatchObject({ code: 'DN304' });
    await expect.poll(() => connections(redis)).toEqual([]);
    const flags = { redis: redis.url };
    await expect(
      withSession({ command: 'test', need: 'read', flags, signal }, async () => undefined),
    ).rejects.toMatchObject({ code: 'DN304' });
    await expect.poll(() => connections(redis)).toEqual([]);
  });

  it('is closed although Redis is away and its agents are just being looked for', async () => {
    const redis = await tcpRedis();
    newHome();
    const session = await open(redis, temporaryDir());
    redis.kill();
    await expect.poll(() => session.work.redis.status).not.toBe('ready');
    // By then it has looked for agents again, and waits for Redis.
    await pause(2 * limits.heartbeatEveryMs + 500, signal);
    await expect(session.close()).resolves.toBeUndefined();
  }, 15_000);
});
