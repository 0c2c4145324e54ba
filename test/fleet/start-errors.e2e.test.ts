import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fleetStatus, startFleet, stopFleet } from '../../src/core/fleet/local-fleet.js';
import { expectNoProcesses, fleetOptions, temporaryDir, temporaryHome, waitUntil } from './support.js';

describe('a start that cannot work', () => {
  it('says what to install when there is no Redis', async () => {
    const home = temporaryHome();
    await expect(startFleet(fleetOptions(home, { env: { PATH: '/nowhere' } }))).rejects.toMatchObject({
      code: 'DN313',
      kind: 'unreachable',
      hint: expect.stringContaining('apt-get install redis-server'),
    });
    const env = { ...process.env, DREAMNET_REDIS_SERVER: '/nowhere/redis-server' };
    await expect(startFleet(fleetOptions(home, { env }))).rejects.toMatchObject({
      code: 'DN313',
      message: 'DREAMNET_REDIS_SERVER names /nowhere/redis-server, which is not a program that can be run',
    });
    expect((await fleetStatus(home)).state).toBe('down');
  });

  it('finds a server of the other name, and tells what it said when it does not start', async () => {
    const home = temporaryHome();
    const bin = temporaryDir();
    writeFileSync(join(bin, 'valkey-server'), '#!/bin/sh\necho "no memory left" >&2\nexit 3\n');
    chmodSync(join(bin, 'valkey-server'), 0o755);
    await expect(
      startFleet(
        fleetOptions(home, { env: { ...process.env, PATH: bin, DREAMNET_REDIS_SERVER: 'valkey-server' } }),
      ),
    ).rejects.toMatchObject({
      code: 'DN311',
      kind: 'unreachable',
      message: 'The private Redis did not start: it ended with status 3. Its log ends with:\nno memory left',
    });
    await expectNoProcesses(home);
    expect((await fleetStatus(home)).state).toBe('down');
  });

  it('tells of an append-only file that Redis refuses', async () => {
    const home = temporaryHome();
    mkdirSync(join(home.redisDir, 'appendonlydir'), { recursive: true });
    writeFileSync(join(home.redisDir, 'appendonlydir', 'appendonly.aof.manifest'), 'nonsense\n');
    await expect(startFleet(fleetOptions(home))).rejects.toMatchObject({
      code: 'DN311',
      message: expect.stringContaining('Invalid AOF manifest file format'),
      hint: expect.stringContaining(home.redisDir),
    });
  });

  it('tells what a host said that failed, died, or was never ready, and stops the rest', async () => {
    const home = temporaryHome();
    const tryWith = (different: NodeJS.ProcessEnv) =>
      startFleet(
        fleetOptions(home, { agents: 1159, env: { ...process.env, ...different }, readyMsMax: 4_000 }),
      );
    await expect(tryWith({ TEST_HOST_FAILS: 'host-2' })).rejects.toMatchObject({
      code: 'DN321',
      message: expect.stringContaining('host-2 did not start: it failed: told to fail'),
    });
    await expect(tryWith({ TEST_HOST_DIES: 'host-1' })).rejects.toMatchObject({
      code: 'DN321',
      message: expect.stringMatching(/host-1 did not start: it ended with status 7[\s\S]*told to die/),
    });
    await expect(tryWith({ TEST_HOST_HANGS: 'host-1' })).rejects.toMatchObject({
      code: 'DN322',
      message: expect.stringContaining('The fleet was not up after 4 s: host-1 was not ready'),
    });
    await expectNoProcesses(home);
    expect((await fleetStatus(home)).state).toBe('down');
  });

  it('stops all again when it is interrupted', async () => {
    const home = temporaryHome();
    const stop = new AbortController();
    const env = { ...process.env, TEST_HOST_HANGS: 'host-1' };
    const start = startFleet(fleetOptions(home, { env, signal: stop.signal }));
    start.catch(() => {});
    await waitUntil(async () => (await fleetStatus(home)).fleet?.redis.pid != null);
    expect((await fleetStatus(home)).state).toBe('starting');
    const waiting = startFleet(fleetOptions(home, { readyMsMax: 50 }));
    await expect(waiting).rejects.toMatchObject({
      code: 'DN322',
      message: expect.stringContaining('starting'),
    });
    stop.abort();
    await expect(start).rejects.toMatchObject({ code: 'DN323', kind: 'interrupted' });
    await expectNoProcesses(home);
    await expect(startFleet(fleetOptions(home, { signal: stop.signal }))).rejects.toMatchObject({
      code: 'DN323',
    });
  });

  it('says so when somebody stops the fleet meanwhile', async () => {
    const home = temporaryHome();
    const env = { ...process.env, TEST_HOST_HANGS: 'host-1' };
    const start = startFleet(fleetOptions(home, { env }));
    start.catch(() => {});
    await waitUntil(async () => (await fleetStatus(home)).fleet?.hosts[0]?.pid != null);
    expect(await stopFleet(home)).toEqual({ stopped: true, forced: false });
    await expect(start).rejects.toMatchObject({
      code: 'DN321',
      message: 'The supervisor was asked to stop before the fleet was up',
    });
  });

  it.each([0, -1, 1.5, Number.NaN, 1e9])('refuses %d agents', async (agents) => {
    await expect(startFleet(fleetOptions(temporaryHome(), { agents }))).rejects.toMatchObject({
      code: 'DN325',
      kind: 'bad-input',
      message: `A fleet cannot have ${agents} agents`,
    });
  });

  it('tells of a Redis URL that is none, or that nobody answers, without the password', async () => {
    const home = temporaryHome();
    const tryUrl = (redisUrl: string) => startFleet(fleetOptions(home, { redisUrl }));
    await expect(tryUrl('http://:secret@localhost')).rejects.toMatchObject({
      code: 'DN312',
      kind: 'bad-input',
      message: '"http://***@localhost" is not the URL of a Redis',
    });
    await expect(tryUrl('redis://:secret@127.0.0.1:1/0')).rejects.toMatchObject({
      code: 'DN312',
      kind: 'unreachable',
      message: 'No Redis answers at 127.0.0.1:1',
    });
  });
});
