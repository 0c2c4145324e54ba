import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fleetStatus, startFleet, stopFleet } from '../../src/core/fleet/local-fleet.js';
import { expectNoProcesses, fleetOptions, processesOf, temporaryHome, withRedis } from './support.js';

describe('a local fleet', () => {
  it('is up after a start and down after a stop, with nothing left running', async () => {
    const home = temporaryHome();
    expect((await fleetStatus(home)).state).toBe('down');
    const agentsReady: number[] = [];
    const running = await startFleet(
      fleetOptions(home, { agents: 1159, onProgress: (progress) => agentsReady.push(progress.agentsReady) }),
    );
    expect(running.started).toBe(true);
    expect(running.status.state).toBe('up');
    expect(running.status.fleet?.hosts.map((host) => host.agents)).toEqual([579, 580]);
    expect(agentsReady.at(-1)).toBe(1159);
    expect(await withRedis(running.connection, (redis) => redis.ping())).toBe('PONG');
    expect(await stopFleet(home)).toEqual({ stopped: true, forced: false });
    await expectNoProcesses(home);
    expect(await fleetStatus(home)).toEqual({ state: 'down', connection: null, fleet: null });
    expect(await stopFleet(home)).toEqual({ stopped: false, forced: false });
  });

  it('keeps what is in its Redis from one run to the next', async () => {
    const home = temporaryHome();
    const first = await startFleet(fleetOptions(home));
    await withRedis(first.connection, (redis) => redis.xadd('swarm:instructions', '*', 'id', 'instr_1'));
    await first.stop();
    const second = await startFleet(fleetOptions(home));
    const entries = await withRedis(second.connection, (redis) =>
      redis.xrange('swarm:instructions', '-', '+'),
    );
    expect(entries.map(([, fields]) => fields)).toEqual([['id', 'instr_1']]);
  });

  it('lets nobody but its user reach Redis', async () => {
    const home = temporaryHome();
    await startFleet(fleetOptions(home, { redisOnly: true }));
    expect(statSync(home.runtimeDir).mode & 0o777).toBe(0o700);
    expect(statSync(home.socketPath).mode & 0o077).toBe(0);
    expect(statSync(home.stateFile).mode & 0o077).toBe(0);
  });

  it('is not stopped for another prefix than its own', async () => {
    const home = temporaryHome();
    await startFleet(fleetOptions(home, { prefix: 'blue' }));
    await expect(stopFleet(home, { prefix: 'green' })).rejects.toMatchObject({
      code: 'DN320',
      kind: 'bad-input',
      message: 'The fleet of this home has prefix "blue", and prefix "green" was asked for.',
    });
    expect((await fleetStatus(home)).state).toBe('up');
    expect(await stopFleet(home, { prefix: 'blue' })).toMatchObject({ stopped: true });
  });

  it('is found by a second start that asks for the same, and told apart by one that does not', async () => {
    const home = temporaryHome();
    const first = await startFleet(fleetOptions(home));
    const second = await startFleet(fleetOptions(home, { lifetime: 'session' }));
    expect(second.started).toBe(false);
    expect(second.status.fleet?.pid).toBe(first.status.fleet?.pid);
    expect(await second.stop()).toEqual({ stopped: false, forced: false });
    expect((await startFleet(fleetOptions(home, { redisOnly: true }))).started).toBe(false);
    await expect(startFleet(fleetOptions(home, { agents: 4 }))).rejects.toMatchObject({
      code: 'DN320',
      kind: 'bad-input',
      message:
        'A fleet of 3 agents with prefix "" runs already on a private Redis, and 4 agents were asked for',
      hint: expect.stringContaining('dreamnet down'),
    });
    await expect(startFleet(fleetOptions(home, { prefix: 'b:' }))).rejects.toMatchObject({ code: 'DN320' });
    expect((await fleetStatus(home)).state).toBe('up');
  });

  it('does not disturb the fleet of another home', async () => {
    const [one, other] = [temporaryHome(), temporaryHome()];
    const [first, second] = await Promise.all([
      startFleet(fleetOptions(one)),
      startFleet(fleetOptions(other)),
    ]);
    await withRedis(first.connection, (redis) => redis.set('mine', '1'));
    expect(await withRedis(second.connection, (redis) => redis.get('mine'))).toBeNull();
    await stopFleet(one);
    expect((await fleetStatus(other)).state).toBe('up');
  });

  it('is started once by starts at the same moment', async () => {
    const home = temporaryHome();
    const fleets = await Promise.all([1, 2, 3, 4].map(() => startFleet(fleetOptions(home))));
    expect(fleets.filter((fleet) => fleet.started)).toHaveLength(1);
    expect(new Set(fleets.map((fleet) => fleet.status.fleet?.pid)).size).toBe(1);
  });

  it('is Redis alone when only that is asked for', async () => {
    const home = temporaryHome();
    const running = await startFleet(fleetOptions(home, { agents: 0, redisOnly: true, lifetime: 'session' }));
    expect(running.status.fleet).toMatchObject({ redisOnly: true, hosts: [] });
    await expect(startFleet(fleetOptions(home, { lifetime: 'session' }))).rejects.toMatchObject({
      message: 'Redis alone runs already on a private Redis, and 3 agents were asked for',
    });
    expect(await running.stop()).toEqual({ stopped: true, forced: false });
    expect(processesOf(home)).toEqual([]);
  });

  it('uses the Redis it is told of, and starts none', async () => {
    const [redisHome, home] = [temporaryHome(), temporaryHome()];
    const { connection } = await startFleet(fleetOptions(redisHome, { redisOnly: true }));
    const port = 20_000 + (process.pid % 20_000);
    await withRedis(connection, (redis) => redis.config('SET', 'port', String(port)));
    const redisUrl = `redis://127.0.0.1:${port}`;
    const running = await startFleet(fleetOptions(home, { redisUrl }));
    expect(running.connection).toEqual({ url: redisUrl });
    expect(running.status.fleet?.redis).toMatchObject({ private: false, pid: null, socketPath: null });
    expect(processesOf(home).some((line) => line.includes('redis-server'))).toBe(false);
  });
});
