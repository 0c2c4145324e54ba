import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAgent, DreamnetError, describeOffer } from '../../src/core/agent/sdk/index.js';
import { addressOf } from '../support/redis.js';
import { setUpRedis } from '../support/set-up-redis.js';
import {
  bringLive,
  handOf,
  newQueue,
  programFor,
  publicKey,
  type Queue,
  queueOptions,
  startQueueAgent,
} from './sdk-support.js';
import { key, newKey, temporaryDirectory } from './support.js';

const server = setUpRedis('fleet');

const offer = describeOffer(queueOptions([]));
const setAll = programFor(offer, 'SET_CONCURRENCY(queue, value)');
const setSixteen = programFor(offer, 'SET_CONCURRENCY(queue, 16)');
const concurrencies = (queues: readonly Queue[]) => queues.map(({ concurrency }) => concurrency);
const patient = { timeout: 15_000 };

describe('while Redis is away', () => {
  test('the program goes on, how many ticks were lost is said, and the next order is obeyed when Redis is back', async () => {
    const queues = [newQueue('a')];
    const { agent, log } = await startQueueAgent(server, queues);
    await bringLive(await handOf(server, 'worker-1', setAll));
    await expect.poll(() => concurrencies(queues)).toEqual([8]);
    await server.stopServer('kill');
    await expect.poll(() => agent.connected).toBe(false);
    queues.push(newQueue('b'));
    await expect.poll(() => concurrencies(queues), patient).toEqual([8, 8]);
    expect(agent.status).toBe('live');
    await server.startServer();
    await expect.poll(() => agent.connected, patient).toBe(true);
    // An empty Redis: the agent introduces itself again.
    await expect.poll(() => server.redis.zcard(server.names.agents), patient).toBe(1);
    await expect.poll(() => log.join(), patient).toMatch(/Redis is back: \d+ ticks? (was|were) not written/);
    const hand = await handOf(server, 'worker-1', setSixteen);
    await bringLive(hand, 'instr_two');
    await expect.poll(() => concurrencies(queues), patient).toEqual([16, 16]);
  }, 60_000);

  test('an agent stops at once, and does not come back when Redis does', async () => {
    const { agent } = await startQueueAgent(server, [newQueue('a')]);
    await server.stopServer('kill');
    await expect.poll(() => agent.connected).toBe(false);
    await agent.stop();
    expect(agent.status).toBe('stopped');
    await server.startServer();
    await server.redis.ping();
    expect(await server.redis.zcard(server.names.agents)).toBe(0);
  }, 60_000);

  test('an agent starts with the program that it had, and comes into the fleet when Redis is there', async () => {
    const queues = [newQueue('a')];
    const first = await startQueueAgent(server, queues);
    await bringLive(await handOf(server, 'worker-1', setAll));
    await expect.poll(() => concurrencies(queues)).toEqual([8]);
    await first.agent.stop();
    await server.stopServer('kill');
    const again = [newQueue('a')];
    const { agent, log } = await startQueueAgent(server, again, { stateDir: first.stateDir });
    expect([agent.connected, agent.status]).toEqual([false, 'live']);
    expect(agent.program).toMatchObject({ name: 'tune', digest: setAll.digest });
    await expect.poll(() => concurrencies(again), patient).toEqual([8]);
    expect(log).toContain('Redis is away: agents go to work with what they had before');
    await server.startServer();
    await expect.poll(() => server.redis.zcard(server.names.agents), patient).toBe(1);
    await bringLive(await handOf(server, 'worker-1', setSixteen), 'instr_two');
    await expect.poll(() => concurrencies(again), patient).toEqual([16]);
  }, 60_000);

  test('an agent that is stopped before Redis came never registers', async () => {
    await server.stopServer('kill');
    const { agent } = await startQueueAgent(server, [newQueue('a')]);
    await agent.stop();
    await server.startServer();
    await server.redis.ping();
    expect(await server.redis.zcard(server.names.agents)).toBe(0);
  }, 60_000);
});

describe('a process that is killed', () => {
  test('comes back with its program, and can still return to what it had', async () => {
    const stateDir = temporaryDirectory();
    const first = await startProcess(stateDir);
    const hand = await handOf(server, 'worker-1', setAll);
    await bringLive(hand);
    await expect.poll(() => first.concurrency()).toBe(8);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');

    const second = await startProcess(stateDir);
    expect(second.ready).toMatchObject({ status: 'live' });
    await expect.poll(() => second.concurrency()).toBe(8);
    expect(await hand.order('undo')).toBe('done');
    await expect.poll(() => second.concurrency()).toBe(5);
    const ended = once(second.child, 'exit');
    second.child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(await server.redis.zcard(server.names.agents)).toBe(0);
  }, 60_000);

  test('comes back without a program whose key it does not trust any more, and says so', async () => {
    const stateDir = temporaryDirectory();
    const first = await startProcess(stateDir);
    await bringLive(await handOf(server, 'worker-1', setAll));
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const other = newKey().publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const second = await startProcess(stateDir, other);
    expect(second.ready).toMatchObject({ status: 'idle' });
    expect(second.log.join()).toContain('has not what was held before the restart: DN611');
  }, 60_000);
});

describe('whom it trusts', () => {
  test('is a file or a directory of keys as well, which may change while it runs', async () => {
    const keys = temporaryDirectory();
    const file = join(keys, 'own.pem');
    writeFileSync(file, publicKey, { mode: 0o600 });
    mkdirSync(join(keys, 'dir'), { mode: 0o700 });
    const queues = [newQueue('a'), newQueue('b')];
    await startQueueAgent(server, queues.slice(0, 1), { id: 'one', trust: file });
    await startQueueAgent(server, queues.slice(1), { id: 'two', trust: [join(keys, 'dir')] });
    const one = await handOf(server, 'one', setAll);
    const two = await handOf(server, 'two', setAll);
    await bringLive(one);
    writeFileSync(join(keys, 'dir', 'signing.pub.pem'), publicKey, { mode: 0o600 });
    await bringLive(two, 'instr_two');
    await expect.poll(() => concurrencies(queues)).toEqual([8, 8]);
    rmSync(file);
    const refused = one.order('stage', 'instr_three');
    await expect
      .poll(async () => JSON.stringify(await server.redis.xrange(server.names.alerts, '-', '+')), patient)
      .toContain('one refused an order: DN611');
    await expect(refused).rejects.toThrow();
  }, 30_000);
});

test('a key that one source has revoked is trusted by no other', async () => {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o700);
  await startQueueAgent(server, [newQueue('a')], { trust: [publicKey, directory] });
  const hand = await handOf(server, 'worker-1', setAll);
  expect(await hand.order('stage')).toBe('done');
  writeFileSync(join(directory, `${key.keyId}.revoked.json`), JSON.stringify({ at: 1 }));
  const refused = hand.order('live');
  await expect
    .poll(async () => JSON.stringify(await server.redis.xrange(server.names.alerts, '-', '+')), patient)
    .toContain('worker-1 refused an order: DN622');
  await expect(refused).rejects.toThrow();
}, 30_000);

test('a Redis that takes no stranger is said so with DN641', async () => {
  await server.redis.config('SET', 'requirepass', 'secret');
  onTestFinished(async () => {
    await server.redis.config('SET', 'requirepass', '');
  });
  await expect(startQueueAgent(server, [newQueue('a')])).rejects.toMatchObject({
    code: 'DN641',
    message: expect.stringContaining('NOAUTH'),
  });
});

describe('options that cannot be what was meant', () => {
  const good = () => queueOptions([], { redis: addressOf(server.target), stateDir: temporaryDirectory() });
  const set = () => good().capabilities.SET_CONCURRENCY;
  const privateKey = () => newKey().privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const cases: Readonly<Record<string, [change: () => object, code: string, text: string]>> = {
    'no id': [() => ({ id: undefined }), 'DN635', 'id: is missing; it must be text, such as "worker-1"'],
    'an id that no key could have': [() => ({ id: 'a b' }), 'DN635', 'id: must be 1 to 128 letters'],
    'a misspelt option': [
      () => ({ lables: {} }),
      'DN635',
      'lables: there is no such option; did you mean labels?',
    ],
    'tasks that are no function': [() => ({ tasks: [] }), 'DN635', 'tasks: must be a function'],
    'a label that is no text': [() => ({ labels: { zone: 1 } }), 'DN635', 'labels.zone: must be text'],
    'a budget of nothing': [() => ({ budget: { perTick: 0 } }), 'DN635', 'budget.perTick: must be above 0'],
    'a connection of another kind': [
      () => ({ connection: {} }),
      'DN635',
      'connection: must come from openConnection',
    ],
    'no fields': [() => ({ fields: {} }), 'DN636', 'a program decides by the fields of a task'],
    'fields as a list': [() => ({ fields: [] }), 'DN636', 'fields must be an object'],
    'a unit that there is not': [
      () => ({ fields: { waiting: 'counts' } }),
      'DN636',
      'waiting: "counts" is no unit',
    ],
    'a code that is given twice': [
      () => ({ capabilities: { A: set(), B: set() } }),
      'DN636',
      'B: the code 1 is given twice',
    ],
    'a code that no agent measures': [
      () => ({ capabilities: { A: { ...set(), code: 31 } } }),
      'DN636',
      'A has the code 31; agents measure 1 to 30',
    ],
    'an action without revert': [
      () => ({ capabilities: { A: { ...set(), revert: undefined } } }),
      'DN636',
      'A: revert must be a function that takes back what apply did, or null when nothing can',
    ],
    'a range that holds no value': [
      () => ({ capabilities: { A: { ...set(), min: 3, max: 2 } } }),
      'DN636',
      'A: no value is from 3 to 2',
    ],
    'a key of a capability that there is not': [
      () => ({ capabilities: { A: { ...set(), doze: 'increase' } } }),
      'DN636',
      'A: a capability has no doze',
    ],
    'nobody to trust': [() => ({ trust: undefined }), 'DN637', 'neither `trust` nor DREAMNET_KEYS is given'],
    'a key file that is not there': [
      () => ({ trust: '/nowhere/x.pem' }),
      'DN637',
      '/nowhere/x.pem is not there',
    ],
    'a private key': [() => ({ trust: privateKey() }), 'DN637', 'is a private key'],
    'a key that is damaged': [
      () => ({ trust: publicKey.replace(/M/g, '!') }),
      'DN637',
      'cannot be used: its PEM block is damaged',
    ],
    'an address that is none': [
      () => ({ redis: 'localhost:6379' }),
      'DN202',
      '"localhost:6379" is no Redis address',
    ],
    'no address': [() => ({ redis: undefined }), 'DN638', 'not told where Redis is'],
    'a state directory that is a file': [
      () => {
        const file = join(temporaryDirectory(), 'x');
        writeFileSync(file, '');
        return { stateDir: file };
      },
      'DN639',
      'cannot keep its program in',
    ],
  };

  for (const [name, [change, code, text]] of Object.entries(cases)) {
    test(`${name}: ${code}, and nothing is started`, async () => {
      const before = process.env;
      process.env = { ...before, REDIS_URL: '', DREAMNET_KEYS: '' };
      onTestFinished(() => {
        process.env = before;
      });
      const refused = await createAgent({ ...good(), ...change() }).catch((thrown) => thrown);
      expect(refused).toBeInstanceOf(DreamnetError);
      expect([refused.code, refused.message]).toEqual([code, expect.stringContaining(text)]);
      expect(refused.hint).not.toBe('');
      expect(await server.redis.zcard(server.names.agents)).toBe(0);
    });
  }

  test('an id that runs in this process already: DN640, and the first goes on', async () => {
    const { agent, stateDir } = await startQueueAgent(server, [newQueue('a')]);
    await expect(startQueueAgent(server, [newQueue('a')], { stateDir })).rejects.toMatchObject({
      code: 'DN640',
    });
    expect(await server.redis.zcard(server.names.agents)).toBe(1);
    await agent.stop();
    await startQueueAgent(server, [newQueue('a')], { stateDir });
  });

  test('a key file that others may write to is refused', async () => {
    const file = join(temporaryDirectory(), 'own.pem');
    writeFileSync(file, publicKey);
    chmodSync(file, 0o666);
    await expect(createAgent({ ...good(), trust: file })).rejects.toMatchObject({
      code: 'DN637',
      message: expect.stringContaining('others may write to it'),
    });
  });
});

interface SdkProcess {
  readonly child: ChildProcess;
  readonly ready: unknown;
  readonly log: readonly string[];
  concurrency(): number | undefined;
}

/** Resolves when its agent is there. */
async function startProcess(stateDir: string, trust = publicKey): Promise<SdkProcess> {
  const main = fileURLToPath(new URL('../support/sdk-process.ts', import.meta.url));
  const words = [addressOf(server.target), server.names.prefix, stateDir, trust];
  const child = fork(main, words, {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ready = Promise.withResolvers<unknown>();
  const log: string[] = [];
  let concurrency: number | undefined;
  child.on('message', (message: { ready?: true; log?: string; concurrency?: number }) => {
    if (message.ready) ready.resolve(message);
    if (message.log !== undefined) log.push(message.log);
    concurrency = message.concurrency ?? concurrency;
  });
  child.once('exit', () => ready.reject(new Error(`it ended: ${log.join('\n')}`)));
  return { child, ready: await ready.promise, log, concurrency: () => concurrency };
}
