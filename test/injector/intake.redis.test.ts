import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findInstruction, peekAtNewest, takeNewest, waitForNewest } from '../../src/core/injector/intake.js';
import { limits } from '../../src/core/limits.js';
import { appendMessage } from '../../src/core/nerve/streams.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { instructionOf } from './support.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

const nowMs = Date.now();
const send = (message: unknown) => appendMessage(server.redis, server.names.instructions, message);
const sendRaw = (...fields: [string, string, ...string[]]) =>
  server.redis.xadd(server.names.instructions, '*', ...fields);
const take = (consumer = 'one') => takeNewest(server.redis, server.names, { consumer, nowMs });
const pending = async () =>
  ((await server.redis.xpending(server.names.instructions, 'injector')) as [number, ...unknown[]])[0];

describe('the newest instruction', () => {
  test('is taken, older ones are superseded, and only it stays open until it is settled', async () => {
    for (const id of ['a', 'b', 'c']) await send(instructionOf({ id }));
    const { instruction, superseded, settle } = await take();
    expect(instruction?.id).toBe('c');
    expect(superseded).toEqual(['a', 'b']);
    expect(await pending()).toBe(1);
    await settle();
    expect(await pending()).toBe(0);
    expect((await take()).instruction).toBeUndefined();
  });

  test('sent twice is one', async () => {
    await send(instructionOf({ id: 'a' }));
    await send(instructionOf({ id: 'a' }));
    expect(await take()).toMatchObject({ instruction: { id: 'a' }, superseded: [] });
  });

  test('is passed over when it has expired, and at the very moment', async () => {
    await send(instructionOf({ id: 'a' }));
    await send(instructionOf({ id: 'b', expires: nowMs }));
    expect(await take()).toMatchObject({ instruction: { id: 'a' }, expired: ['b'], superseded: [] });
  });

  test('keeps the fields that this version does not know', async () => {
    await send({ ...instructionOf(), note: { of: ['another', 'program'] } });
    expect((await take()).instruction).toMatchObject({ note: { of: ['another', 'program'] } });
  });

  test('is taken over from a consumer that died before it settled, once it has been idle', async () => {
    await send(instructionOf({ id: 'a' }));
    await take('dead');
    expect((await take('two')).instruction).toBeUndefined();
    const [[streamId]] = (await server.redis.xrange(server.names.instructions, '-', '+')) as [
      [string, string[]],
    ];
    const idleMs = limits.reclaimAfterMs + 1;
    const place = [server.names.instructions, 'injector', 'dead', 0, streamId] as const;
    await server.redis.xclaim(...place, 'IDLE', idleMs);
    const { instruction, settle } = await take('two');
    expect(instruction?.id).toBe('a');
    await settle();
    expect(await pending()).toBe(0);
  });
});

describe('a message that does not fit', () => {
  const damaged: Record<string, { raw: string; reason: string }> = {
    'is not JSON': { raw: '{"id":', reason: 'not JSON' },
    'is a list': { raw: '[]', reason: 'no object' },
    'has no context': {
      raw: JSON.stringify({ ...instructionOf(), context: undefined }),
      reason: 'context: ',
    },
    'has a type of small letters': {
      raw: JSON.stringify(instructionOf({ type: 'cost' })),
      reason: 'type: must be',
    },
    'asks for no agents': {
      raw: JSON.stringify(instructionOf({ target_agents: 0 })),
      reason: 'target_agents: ',
    },
    'has NaN as a cost': { raw: JSON.stringify(instructionOf()).replace('100', 'NaN'), reason: 'not JSON' },
    'has a number beyond all bounds': {
      raw: JSON.stringify(instructionOf()).replace('"budget":500', '"budget":1e999'),
      reason: 'context.budget: ',
    },
    'has a deadline of a century': {
      raw: JSON.stringify(instructionOf()).replace('"deadline":60000', '"deadline":3153600000000'),
      reason: 'context.deadline: ',
    },
    'has an id that is a path': {
      raw: JSON.stringify(instructionOf({ id: '../../x' })),
      reason: 'id: must be',
    },
    'is too long': {
      raw: JSON.stringify({ ...instructionOf(), note: 'x'.repeat(limits.messageBytesMax) }),
      reason: `longer than ${limits.messageBytesMax} bytes`,
    },
    'is nested without end': {
      raw: JSON.stringify(instructionOf()).replace(
        '{',
        `{"note":${'['.repeat(50_000)}${']'.repeat(50_000)},`,
      ),
      reason: `nested deeper than ${limits.messageDepthMax} levels`,
    },
  };

  for (const [how, { raw, reason }] of Object.entries(damaged)) {
    test(`${how}: is kept with the reason, and the next one is taken`, async () => {
      const streamId = await sendRaw('json', raw);
      await send(instructionOf({ id: 'next' }));
      const intake = await take();
      expect(intake.instruction?.id).toBe('next');
      expect(intake.rejected).toEqual([
        { streamId, reasons: expect.arrayContaining([expect.stringContaining(reason)]) },
      ]);
      const [kept] = await server.redis.xrange(server.names.instructionsRejected, '-', '+');
      expect(kept?.[1].slice(0, 2)).toEqual(['from', streamId]);
      expect(kept?.[1][3]).toContain(reason);
      expect(kept?.[1][5]).toBe(raw.slice(0, limits.messageBytesMax));
      expect(await pending()).toBe(1);
    });
  }

  test('names every reason at once', async () => {
    await sendRaw('json', JSON.stringify(instructionOf({ id: '', type: '', target_agents: -1 })));
    expect((await take()).rejected[0]?.reasons).toHaveLength(3);
  });

  test('without the field json is kept as it came', async () => {
    await sendRaw('text', 'hello');
    expect((await take()).rejected[0]?.reasons).toEqual(['the entry has no field `json`']);
  });

  test('alone leaves nothing to do', async () => {
    await sendRaw('json', '{}');
    const intake = await take();
    expect(intake.instruction).toBeUndefined();
    await intake.settle();
    expect(await pending()).toBe(0);
  });
});

describe('waiting', () => {
  const wait = (waitMs: number, signal = new AbortController().signal) =>
    waitForNewest(server.redis, server.names, { consumer: 'one', waitMs, clock: Date.now, signal });

  test('ends with an instruction', async () => {
    const waiting = wait(5_000);
    await send(instructionOf({ id: 'late' }));
    expect((await waiting).instruction?.id).toBe('late');
  });

  test('ends without one after its time, and with an abort', async () => {
    expect((await wait(50)).instruction).toBeUndefined();
    expect((await wait(60_000, AbortSignal.timeout(50))).instruction).toBeUndefined();
  });
});

test('an instruction is found by its own id or by that of its decision; otherwise DN505', async () => {
  await send(instructionOf({ id: 'a', decision: 'dec_a' }));
  await sendRaw('json', 'damaged');
  const find = (id: string) => findInstruction(server.redis, server.names, id);
  expect((await find('a')).id).toBe('a');
  expect((await find('dec_a')).id).toBe('a');
  await expect(find('x'.repeat(10_000))).rejects.toMatchObject({
    code: 'DN505',
    message: expect.stringMatching(/^.{1,300}$/),
  });
});

describe('a look at the newest', () => {
  const look = () => peekAtNewest(server.redis, server.names, { nowMs });
  const dump = async () => {
    const keys = (await server.redis.keys('*')).sort();
    return Promise.all(keys.map(async (key) => [key, (await server.redis.dumpBuffer(key))?.toString('hex')]));
  };

  test('says what would be taken, and changes nothing, before there is a group and after', async () => {
    expect((await look()).instruction).toBeUndefined();
    for (const id of ['a', 'b']) await send(instructionOf({ id }));
    await send(instructionOf({ id: 'old', expires: nowMs }));
    await sendRaw('json', 'damaged');
    const fresh = await dump();
    const seen = { instruction: { id: 'b' }, superseded: ['a'], expired: ['old'], rejected: [{}] };
    expect(await look()).toMatchObject(seen);
    expect(await dump()).toEqual(fresh);
    const { settle, ...taken } = await take();
    expect(taken).toMatchObject(seen);
    await settle();
    await send(instructionOf({ id: 'c' }));
    const before = await dump();
    expect(await look()).toMatchObject({ instruction: { id: 'c' }, superseded: [], rejected: [] });
    expect(await dump()).toEqual(before);
  });

  test('sees what was put back, and not what somebody else works on', async () => {
    await send(instructionOf({ id: 'a' }));
    const { putBack } = await take();
    expect((await look()).instruction).toBeUndefined();
    await putBack();
    expect((await look()).instruction?.id).toBe('a');
    expect((await take('two')).instruction?.id).toBe('a');
  });
});
