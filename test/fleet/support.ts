/** A temporary home for each test in; at its end, a check that nothing of its fleet is left running. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, onTestFinished } from 'vitest';
import { type Home, resolveHome } from '../../src/core/fleet/home.js';
import type { FleetConnection, FleetOptions } from '../../src/core/fleet/local-fleet.js';
import { stopFleet } from '../../src/core/fleet/local-fleet.js';
import { waitFor } from '../../src/core/fleet/wait.js';

export const smallHost = new URL('./fixtures/small-host.ts', import.meta.url).href;

/** A directory that is gone when the test is. */
export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'dn-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A home whose fleet, if any, is stopped when the test is over. */
export function temporaryHome(root = temporaryDir()): Home {
  const home = resolveHome({ DREAMNET_HOME: root });
  onTestFinished(async () => {
    await stopFleet(home);
    await expectNoProcesses(home);
    rmSync(home.runtimeDir, { recursive: true, force: true });
  });
  return home;
}

/** A small fleet on a private Redis; a test names what it wants to be different. */
export function fleetOptions(home: Home, different: Partial<FleetOptions> = {}): FleetOptions {
  return { home, agents: 3, seed: 1, prefix: '', lifetime: 'daemon', hostModule: smallHost, ...different };
}

export async function expectNoProcesses(home: Home): Promise<void> {
  await waitFor(() => processesOf(home).length === 0, { timeoutMs: 10_000 });
  expect(processesOf(home)).toEqual([]);
}

/** Every process of a home carries a path of it in its command line. */
export function processesOf(home: Home): readonly string[] {
  const list = spawnSync('ps', ['-ww', '-e', '-o', 'pid=', '-o', 'args='], { encoding: 'utf8' }).stdout.split(
    '\n',
  );
  return list.filter((line) => line.includes(home.stateDir) || line.includes(home.socketPath));
}

export async function waitUntil(check: () => boolean | Promise<boolean>): Promise<void> {
  expect(await waitFor(check, { timeoutMs: 10_000 })).toBe(true);
}

export async function withRedis<T>(
  connection: FleetConnection,
  use: (redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = 'url' in connection ? new Redis(connection.url) : new Redis({ path: connection.socketPath });
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

/** What a call throws. */
export function failureOf(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('it was expected to fail');
}
