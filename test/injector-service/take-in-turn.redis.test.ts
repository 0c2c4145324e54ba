import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { peekAtNewest, takeNewest } from '../../src/core/injector/intake.js';
import { instructionsWaiting, isOneDue, takeInTurn } from '../../src/core/injector-service/take-in-turn.js';
import type { Instruction } from '../../src/core/nerve/messages/instruction.js';
import { appendMessage } from '../../src/core/nerve/streams.js';
import { instructionOf } from '../injector/support.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

let server: TestRedis;
const said: string[] = [];
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(async () => {
  await server.clear();
  said.length = 0;
});
afterAll(() => server.stop());

const send = (change: Partial<Instruction>) =>
  appendMessage(server.redis, server.names.instructions, instructionOf(change));
const refusals = new Map<string, string>();
const take = () =>
  takeInTurn({
    redis: server.redis,
    names: server.names,
    clock: Date.now,
    judge: ({ id }) => refusals.get(id),
    say: (text) => said.push(text),
  });
const waiting = async () => (await instructionsWaiting(server.redis, server.names)).map(({ id }) => id);
const rejected = async () =>
  (await server.redis.xrange(server.names.instructionsRejected, '-', '+')).map(([, fields]) => fields[3]);

describe('taking instructions in turn', () => {
  it('hands each out once, the oldest first, and shows what waits behind it', async () => {
    for (const id of ['a', 'b', 'c']) await send({ id });
    expect(await waiting()).toEqual(['a', 'b', 'c']);
    const first = await take();
    expect(first?.instruction.id).toBe('a');
    expect(await waiting(), 'taken, and not finished').toEqual(['a', 'b', 'c']);
    await first?.settle();
    expect(await waiting()).toEqual(['b', 'c']);
    await (await take())?.settle();
    expect((await take())?.instruction.id).toBe('c');
  });

  it('hands out again at once what was taken and not begun', async () => {
    await send({ id: 'a' });
    await send({ id: 'b' });
    await take();
    expect((await take())?.instruction.id).toBe('a');
  });

  it('leaves alone what a command has just taken, and takes it when that has been silent for long', async () => {
    await send({ id: 'a' });
    await takeNewest(server.redis, server.names, { consumer: 'command', nowMs: Date.now() });
    expect(await take()).toBeUndefined();
    const [[streamId]] = (await server.redis.xrange(server.names.instructions, '-', '+')) as [
      [string, string[]],
    ];
    await server.redis.call(
      'XCLAIM',
      server.names.instructions,
      'injector',
      'command',
      0,
      streamId,
      'IDLE',
      30_001,
    );
    expect((await take())?.instruction.id).toBe('a');
  });

  it('finds at once what a command came across that a service had accepted', async () => {
    const { redis, names } = server;
    await send({ id: 'asked', rollout: { batch: '3' } });
    await send({ id: 'a', decision: 'dec_a' });
    await send({ id: 'also-asked', rollout: {} });
    const peeked = await peekAtNewest(redis, names, { nowMs: Date.now() });
    expect(peeked).toMatchObject({ instruction: { id: 'a' }, superseded: [] });
    const intake = await takeNewest(redis, names, { consumer: 'command', nowMs: Date.now() });
    expect(intake).toMatchObject({ instruction: { id: 'a' }, superseded: [] });
    await intake.settle();
    for (const id of ['asked', 'also-asked']) {
      const taken = await take();
      expect(taken?.instruction.id).toBe(id);
      await taken?.settle();
    }
    expect(await take()).toBeUndefined();
  });

  it('takes the newest of what the governor decided for the same agents, and all that somebody asked for', async () => {
    await send({ id: 'a', decision: 'dec_a' });
    await send({ id: 'web', decision: 'dec_b', selector: 'class=web' });
    await send({ id: 'asked', decision: 'dec_c', rollout: {} });
    await send({ id: 'b', decision: 'dec_d' });
    const taken: string[] = [];
    for (let one = await take(); one !== undefined; one = await take()) {
      taken.push(one.instruction.id);
      await one.settle();
    }
    expect(taken).toEqual(['web', 'asked', 'b']);
    expect(said).toEqual(['instruction a is superseded by b; roll it out with its id']);
  });

  it('takes the last of what was sent twice, and never one that is refused in the place of one that is not', async () => {
    await send({ id: 'a' });
    await send({ id: 'a', rollout: { batch: '3' } });
    expect((await take())?.instruction.rollout).toEqual({ batch: '3' });
    await server.clear();
    refusals.set('b', 'it is not signed');
    await send({ id: 'a', decision: 'dec_a' });
    await send({ id: 'b', decision: 'dec_b' });
    const taken = await take();
    expect(taken?.instruction.id).toBe('a');
    await taken?.settle();
    expect(await take()).toBeUndefined();
    expect(await rejected()).toEqual(['["it is not signed"]']);
    refusals.clear();
  });

  it('keeps what does not fit with every reason, and what cannot be begun with that one', async () => {
    await server.redis.xadd(server.names.instructions, '*', 'json', '{"id":');
    await send({ id: 'late', expires: 1 });
    await send({ id: 'a' });
    const taken = await take();
    expect(taken?.instruction.id).toBe('a');
    await taken?.reject('no agents');
    expect(await rejected()).toEqual(['["not JSON"]', '["no agents"]']);
    expect(said).toContain('instruction late had expired');
    expect(await waiting()).toEqual([]);
  });

  it('tells that something waits, and not what was finished', async () => {
    expect(await isOneDue(server.redis, server.names)).toBe(false);
    await send({ id: 'a' });
    expect(await isOneDue(server.redis, server.names)).toBe(true);
    await (await take())?.settle();
    expect(await isOneDue(server.redis, server.names)).toBe(false);
  });
});
