import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type FleetState,
  type FleetStatus,
  fleetStatus,
  startFleet,
  stopFleet,
} from '../../src/core/fleet/local-fleet.js';
import { runnable } from '../../src/core/fleet/module-runner.js';
import type { FromStarter } from './fixtures/starter.js';
import {
  expectNoProcesses,
  fleetOptions,
  processesOf,
  smallHost,
  temporaryDir,
  temporaryHome,
  waitUntil,
  withRedis,
} from './support.js';

describe('a host process that dies', () => {
  it('is started again, and the fleet is degraded only meanwhile', async () => {
    const home = temporaryHome();
    const pid = running((await startFleet(fleetOptions(home))).status.fleet?.hosts[0]?.pid);
    process.kill(pid, 'SIGKILL');
    await waitUntil(async () => (await fleetStatus(home)).fleet?.hosts[0]?.restarts === 1);
    await waitUntil(async () => (await fleetStatus(home)).state === 'up');
    const { fleet, reason } = await fleetStatus(home);
    expect(fleet?.hosts[0]).toMatchObject({ ready: true, restarts: 1 });
    expect(fleet?.hosts[0]?.pid).not.toBe(pid);
    expect(reason).toBeUndefined();
  });

  it('is given up after five restarts in a minute, with the reason in the state', async () => {
    const home = temporaryHome();
    const env = { ...process.env, TEST_HOST_DIES_LATER: 'host-1' };
    await startFleet(fleetOptions(home, { env }));
    await waitUntil(async () => (await fleetStatus(home)).reason?.includes('given up') ?? false);
    expect(await fleetStatus(home)).toMatchObject({
      state: 'degraded',
      reason: 'host-1: it ended with status 7; given up after 5 restarts',
    });
    expect(await stopFleet(home)).toEqual({ stopped: true, forced: false });
  });
});

describe('a private Redis that dies', () => {
  it('is started again with the data that it had', async () => {
    const home = temporaryHome();
    const { status, connection } = await startFleet(fleetOptions(home, { redisOnly: true }));
    await withRedis(connection, (redis) => redis.set('kept', 'yes'));
    process.kill(running(status.fleet?.redis.pid), 'SIGKILL');
    await waitUntil(async () => (await fleetStatus(home)).fleet?.redis.restarts === 1);
    await waitUntil(async () => (await fleetStatus(home)).state === 'up');
    expect(await withRedis(connection, (redis) => redis.get('kept'))).toBe('yes');
  });

  it('is started again when only its guard was killed, never twice on the same files', async () => {
    const home = temporaryHome();
    const { status } = await startFleet(fleetOptions(home, { redisOnly: true }));
    const redisPid = running(status.fleet?.redis.pid);
    process.kill(parentOf(redisPid), 'SIGKILL');
    await waitUntil(async () => (await fleetStatus(home)).fleet?.redis.restarts === 1);
    await waitUntil(async () => (await fleetStatus(home)).state === 'up');
    expect(processesOf(home).filter((line) => line.includes('redis-server unixsocket'))).toHaveLength(1);
  });

  it('is told by the status when it hangs', async () => {
    const home = temporaryHome();
    const { status } = await startFleet(fleetOptions(home, { redisOnly: true }));
    const pid = running(status.fleet?.redis.pid);
    process.kill(pid, 'SIGSTOP');
    expect(await fleetStatus(home)).toMatchObject({
      state: 'degraded',
      reason: expect.stringContaining('does not answer'),
    });
    process.kill(pid, 'SIGCONT');
    await waitUntil(async () => (await fleetStatus(home)).state === 'up');
  });
});

describe('a supervisor that is killed', () => {
  it('leaves no process behind, is told as stale, and is replaced by the next start', async () => {
    const home = temporaryHome();
    const { status, connection } = await startFleet(fleetOptions(home));
    await withRedis(connection, (redis) => redis.set('kept', 'yes'));
    process.kill(running(status.fleet?.pid), 'SIGKILL');
    await expectNoProcesses(home);
    expect(await fleetStatus(home)).toMatchObject({
      state: 'stale',
      reason: `supervisor ${status.fleet?.pid} is gone without cleaning up`,
    });
    const next = await startFleet(fleetOptions(home));
    expect(next.status.state).toBe('up');
    expect(await withRedis(next.connection, (redis) => redis.get('kept'))).toBe('yes');
  });

  it('is replaced at once, while its processes are still ending', async () => {
    const home = temporaryHome();
    const { status } = await startFleet(fleetOptions(home));
    process.kill(running(status.fleet?.pid), 'SIGKILL');
    await waitUntil(async () => (await fleetStatus(home)).state === 'stale');
    const next = await startFleet(fleetOptions(home));
    expect(next).toMatchObject({ started: true, status: { state: 'up' } });
    expect(processesOf(home).filter((line) => line.includes('redis-server unixsocket'))).toHaveLength(1);
  });

  it('is cleaned up after by a stop', async () => {
    const home = temporaryHome();
    const { status } = await startFleet(fleetOptions(home));
    process.kill(running(status.fleet?.pid), 'SIGKILL');
    expect(await stopFleet(home)).toEqual({ stopped: true, forced: true });
    await expectNoProcesses(home);
    expect((await fleetStatus(home)).state).toBe('down');
  });

  it('is not mistaken for another program that has got its pid', async () => {
    const home = temporaryHome();
    const { status } = await startFleet(fleetOptions(home));
    const state = readFileSync(home.stateFile, 'utf8');
    await stopFleet(home);
    const reused = { ...(JSON.parse(state) as FleetState), pid: process.pid };
    writeFileSync(home.stateFile, JSON.stringify(reused));
    writeFileSync(join(home.stateDir, `supervisor.${process.pid}.0123456789ab.00000000.lock`), '');
    expect(status.state).toBe('up');
    expect((await fleetStatus(home)).state).toBe('stale');
    expect((await startFleet(fleetOptions(home))).started).toBe(true);
  });
});

describe('a supervisor that hangs', () => {
  it('is killed by a stop when its time is up, with all its processes', async () => {
    const home = temporaryHome();
    const { status } = await startFleet(fleetOptions(home));
    process.kill(running(status.fleet?.pid), 'SIGSTOP');
    expect(await stopFleet(home, { graceMs: 200 })).toEqual({ stopped: true, forced: true });
    await expectNoProcesses(home);
  });
});

describe('a damaged state file', () => {
  it('is stale when nothing runs, and in the way of no start', async () => {
    const home = temporaryHome();
    await (await startFleet(fleetOptions(home))).stop();
    for (const damage of ['', '{"version":1', '{"version":1,"pid":1}', '[]']) {
      writeFileSync(home.stateFile, damage);
      expect(await fleetStatus(home)).toMatchObject({
        state: 'stale',
        reason: expect.stringContaining('damaged'),
      });
    }
    expect((await startFleet(fleetOptions(home))).status.state).toBe('up');
  });

  it('is told while the fleet runs, which can still be stopped', async () => {
    const home = temporaryHome();
    await startFleet(fleetOptions(home));
    writeFileSync(home.stateFile, 'not JSON');
    expect(await fleetStatus(home)).toMatchObject({
      state: 'degraded',
      reason: expect.stringContaining('damaged'),
    });
    await expect(startFleet(fleetOptions(home))).rejects.toMatchObject({ code: 'DN320' });
    expect(await stopFleet(home)).toEqual({ stopped: true, forced: false });
  });
});

describe('the process that starts a fleet', () => {
  it('takes a session fleet along when it is killed', async () => {
    const root = temporaryDir();
    const home = temporaryHome(root);
    const starter = startElsewhere({ root, lifetime: 'session' });
    await once(starter, 'message');
    expect((await fleetStatus(home)).state).toBe('up');
    await expect(startFleet(fleetOptions(home))).rejects.toMatchObject({
      message: expect.stringContaining(`it ends with process ${starter.pid}`),
    });
    starter.kill('SIGKILL');
    await expectNoProcesses(home);
    expect((await fleetStatus(home)).state).toBe('down');
  });

  it('takes a session fleet along when it just ends', async () => {
    const root = temporaryDir();
    const home = temporaryHome(root);
    const starter = startElsewhere({ root, lifetime: 'session' });
    await once(starter, 'message');
    starter.disconnect();
    await once(starter, 'exit');
    await expectNoProcesses(home);
  });

  it('leaves a daemon fleet running when it ends', async () => {
    const root = temporaryDir();
    const home = temporaryHome(root);
    const starter = startElsewhere({ root, lifetime: 'daemon' });
    const [told] = (await once(starter, 'message')) as [FromStarter];
    starter.disconnect();
    await once(starter, 'exit');
    expect(await fleetStatus(home)).toMatchObject({ state: 'up', fleet: told });
  });

  it.each([
    ['at once', (_status: FleetStatus) => true],
    ['when its supervisor runs', ({ fleet }: FleetStatus) => fleet !== null],
    ['when Redis runs', ({ fleet }: FleetStatus) => fleet?.redis.pid != null],
    ['when a host runs', ({ fleet }: FleetStatus) => fleet?.hosts[0]?.pid != null],
  ])(
    'is in the way of no other start when it is killed %s, before the fleet is up',
    async (_when, reached) => {
      const root = temporaryDir();
      const home = temporaryHome(root);
      const starter = startElsewhere({ root, lifetime: 'daemon' }, { TEST_HOST_HANGS: 'host-1' });
      await waitUntil(async () => reached(await fleetStatus(home)));
      starter.kill('SIGKILL');
      expect(await startFleet(fleetOptions(home))).toMatchObject({ started: true, status: { state: 'up' } });
      expect(processesOf(home).filter((line) => line.includes('redis-server unixsocket'))).toHaveLength(1);
    },
  );

  it('shares one fleet with another that starts at the same moment', async () => {
    const root = temporaryDir();
    temporaryHome(root);
    const starters = [1, 2, 3].map(() => startElsewhere({ root, lifetime: 'daemon' }));
    const told = await Promise.all(starters.map((starter) => once(starter, 'message')));
    for (const starter of starters) starter.disconnect();
    expect(new Set(told.map(([message]) => JSON.stringify(message))).size).toBe(1);
    expect(told[0]?.[0]).toEqual({ pid: expect.any(Number) });
  });
});

function startElsewhere(
  wish: { readonly root: string; readonly lifetime: 'daemon' | 'session' },
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  const { path, execArgv } = runnable(new URL('./fixtures/starter.ts', import.meta.url).href);
  const argument = JSON.stringify({ agents: 3, seed: 1, prefix: '', hostModule: smallHost, ...wish });
  return fork(path, [argument], { execArgv: [...execArgv], env: { ...process.env, ...env } });
}

function running(pid: number | null | undefined): number {
  if (pid == null) throw new Error('no such process runs');
  return pid;
}

function parentOf(pid: number): number {
  return Number(spawnSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }).stdout);
}
