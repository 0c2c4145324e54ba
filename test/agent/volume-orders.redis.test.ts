import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { followVolumeOrders } from '../../src/core/agent/volume-orders.js';
import { listAgents } from '../../src/core/fleet/registry.js';
import { volumeTransport } from '../../src/core/injector/transports/volume/volume.js';
import { discoverVolumeAgents } from '../../src/core/injector/transports/volume/volume-agents.js';
import {
  type Acknowledgement,
  acknowledgementSchema,
  type Order,
} from '../../src/core/nerve/messages/order.js';
import { signOrder } from '../../src/core/order-signature.js';
import { coordinate, ended, recordOf, sentOrders, steerFrom } from '../injector/support.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import {
  alertTexts,
  cache,
  key,
  obeyed,
  orderOf,
  startTestHost,
  storeProgram,
  temporaryDirectory,
  throttle,
} from './support.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
afterAll(() => server.stop());

let volumeDir: string;
let stateDir: string;
beforeEach(async () => {
  await server.clear();
  [volumeDir, stateDir] = [temporaryDirectory(), temporaryDirectory()];
});

const startHost = (agents = 1) => startTestHost(server, { volumeDir, stateDir, agents });
const fileOf = (name: string, id = 'agent-0001') => join(volumeDir, 'agents', id, name);
const orderFor = (change: Partial<Order>) => orderOf({ targets: ['agent-0001'], ...change });

function put(name: string, content: string | Uint8Array): void {
  writeFileSync(`${fileOf(name)}.new`, content);
  renameSync(`${fileOf(name)}.new`, fileOf(name));
}

function putOrder(change: Partial<Order> = {}, by = key): void {
  put('order.json', JSON.stringify(signOrder(orderFor(change), by)));
  put('ack', '');
}

/** What the agent writes into its acknowledgement, once it is there. */
async function answer(agent?: string): Promise<string> {
  const path = fileOf('ack', agent);
  const read = () => (existsSync(path) ? readFileSync(path, 'utf8').trim() : '');
  await expect.poll(read, { timeout: 10_000, interval: 5 }).not.toBe('');
  return read();
}

async function acknowledged(): Promise<Acknowledgement> {
  return acknowledgementSchema.parse(JSON.parse(await answer()));
}

describe('a host on a volume', () => {
  test('is rolled out to by files alone, and back', async () => {
    const host = await startHost(4);
    expect(await listAgents(server.redis, server.names, Date.now())).toMatchObject(
      Array.from({ length: 4 }, () => ({ transport: 'volume', host: 'host-1', workload: 'simulated' })),
    );
    const transports = { volume: volumeTransport(volumeDir) };
    expect(await ended(await coordinate(server, { batch: '2', bakeMs: 1, transports }))).toBeUndefined();
    const { record, agents } = await recordOf(server);
    expect(record).toMatchObject({ state: 'live', counts: { live: 3, staged: 1 } });
    for (const agent of host.agents) {
      const { heldOut } = agents.get(agent.id) ?? {};
      expect(agent.status).toBe(heldOut ? 'observing' : 'live');
      const { action, outcome } = JSON.parse(await answer(agent.id));
      expect([action, outcome]).toEqual([heldOut ? 'observe' : 'live', 'done']);
    }
    await steerFrom(server, 'rollback', { transports });
    expect((await recordOf(server)).record.counts).toMatchObject({ rolled_back: 4, failed: 0 });
    expect(host.agents.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'idle'));
    expect(await sentOrders(server, 'host-1')).toEqual([]);
  });

  test('reads the program that comes with the order, though Redis does not have it', async () => {
    const host = await startHost();
    putOrder();
    put('staged.bc', throttle.bytes);
    expect(await acknowledged()).toMatchObject({ agent: 'agent-0001', action: 'stage', outcome: 'done' });
    expect(host.agents[0]?.staged?.loaded.program.digest).toBe(throttle.digest);
  });

  test('says that the program is missing, and stages it when it is ordered again', async () => {
    const host = await startHost();
    putOrder();
    put('staged.bc', cache.bytes);
    expect(await acknowledged()).toMatchObject({ action: 'stage', outcome: 'failed', code: 'DN601' });
    put('staged.bc', throttle.bytes);
    putOrder({ expires: Date.now() + 61_000 });
    expect(await acknowledged()).toMatchObject({ outcome: 'done' });
    expect(host.agents[0]?.status).toBe('staged');
  });

  test('answers once more when it is asked once more', async () => {
    await startHost();
    put('staged.bc', throttle.bytes);
    putOrder();
    const first = await acknowledged();
    put('ack', '');
    expect(await acknowledged()).toEqual(first);
  });

  test('obeys an order once that comes by both ways', async () => {
    await storeProgram(server, throttle);
    const host = await startHost();
    const [agent] = host.agents;
    const targets = ['agent-0001'];
    expect(await obeyed(server, { targets })).toMatchObject([{ outcome: 'done' }]);
    putOrder();
    expect(await acknowledged()).toMatchObject({ action: 'stage', outcome: 'done' });
    putOrder({ action: 'live' });
    expect(await acknowledged()).toMatchObject({ action: 'live', outcome: 'done' });
    const since = agent?.report?.since;
    expect(await obeyed(server, { targets, action: 'live' })).toMatchObject([{ outcome: 'done' }]);
    expect(agent?.report).toMatchObject({ since, arm: 'treated' });
    putOrder({ action: 'undo' });
    expect(await acknowledged()).toMatchObject({ action: 'undo', outcome: 'done' });
    expect(agent?.live).toBeUndefined();
  });

  test('refuses what is not signed by somebody it trusts, and what does not name the agent', async () => {
    const host = await startHost();
    put('staged.bc', throttle.bytes);
    putOrder({}, { ...generateKeyPairSync('ed25519'), keyId: 'ed25519:stranger' });
    expect(await answer()).toMatch(/^error: DN611 /);
    putOrder({ targets: ['agent-0002'] });
    expect(await answer()).toMatch(/^error: DN619 /);
    put('order.json', '{"order":');
    put('ack', '');
    expect(await answer()).toMatch(/^error: DN610 /);
    expect(host.agents[0]?.status).toBe('idle');
    await expect.poll(() => alertTexts(server), { timeout: 10_000 }).toHaveLength(3);
  });

  test('follows no link and waits for no pipe, and obeys what comes after', async () => {
    const host = await startHost();
    symlinkSync('/etc/passwd', fileOf('order.json'));
    await expect.poll(() => host.log.join('\n')).toContain('order for agent-0001 passed: ');
    rmSync(fileOf('order.json'));
    execFileSync('mkfifo', [fileOf('order.json')]);
    await expect.poll(() => host.log.join('\n')).toContain('is no plain file');
    put('staged.bc', throttle.bytes);
    execFileSync('mkfifo', [fileOf('ack')]);
    put('order.json', JSON.stringify(signOrder(orderFor({}), key)));
    await expect.poll(() => host.log.join('\n')).toContain('ENXIO');
    expect(host.agents[0]?.status).toBe('staged');
    put('ack', '');
    expect(await acknowledged()).toMatchObject({ outcome: 'done' });
  });

  test('obeys an order once more where something stood in the way that has passed, and only then', async () => {
    const [stopping, seen, log] = [new AbortController(), [] as string[], [] as string[]];
    const failures = [new Error('connect ECONNREFUSED'), new Error('READONLY You are not the master')];
    mkdirSync(join(volumeDir, 'agents', 'agent-0001'), { recursive: true });
    writeFileSync(fileOf('order.json'), 'an order of before');
    const { ended } = await followVolumeOrders({
      ...{ volume: volumeDir, agents: [{ id: 'agent-0001', labels: {} }], obeyed: new Set() },
      handle: async ({ envelope, isLeftOver }) => {
        seen.push(`${envelope}, ${isLeftOver}`);
        throw failures.shift() ?? new Error('it cannot be');
      },
      ...{ signal: stopping.signal, log: (line: string) => log.push(line) },
    });
    await expect.poll(() => log.join('\n'), { timeout: 10_000 }).toContain('it cannot be');
    put('order.json', 'another');
    await expect.poll(() => seen.at(-1), { timeout: 10_000 }).toBe('another, false');
    stopping.abort();
    await ended;
    expect(seen).toEqual([...Array.from({ length: 3 }, () => 'an order of before, true'), 'another, false']);
  });

  test('started again it has what it had, obeys nothing twice, and what it missed', async () => {
    const first = await startHost();
    put('staged.bc', throttle.bytes);
    putOrder();
    await acknowledged();
    putOrder({ action: 'live' });
    await acknowledged();
    await first.stop();
    put('ack', '');
    const second = await startHost();
    expect(second.agents[0]?.live?.loaded.program.digest).toBe(throttle.digest);
    await second.stop();
    // What it has obeyed it does not answer again.
    expect(readFileSync(fileOf('ack'), 'utf8')).toBe('');
    putOrder({ action: 'undo' });
    const third = await startHost();
    expect(await acknowledged()).toMatchObject({ action: 'undo', outcome: 'done' });
    expect(third.agents[0]?.live).toBeUndefined();
    await third.stop();
    // An order that nobody reckons with any more is no alarm.
    putOrder({ action: 'live', expires: Date.now() - 1 });
    const fourth = await startHost();
    await expect.poll(() => fourth.log.join('\n')).toContain('passed over an order of before: DN614');
    expect(await alertTexts(server)).toEqual([]);
  });

  test('shows that it lives, and gives its process to be signalled', async () => {
    await startHost();
    const { agents, problems } = await discoverVolumeAgents(volumeDir);
    expect(problems).toEqual([]);
    expect(agents).toMatchObject([{ id: 'agent-0001', live: undefined }]);
    expect(JSON.parse(readFileSync(fileOf('agent.json'), 'utf8'))).toMatchObject({
      answers: 'orders',
      pid: process.pid,
      signal: 'SIGHUP',
    });
  });

  test('does not start where its agents cannot announce themselves', async () => {
    writeFileSync(join(volumeDir, 'agents'), 'in the way');
    await expect(startHost()).rejects.toMatchObject({ code: 'DN623' });
  });
});
