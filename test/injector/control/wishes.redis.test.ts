import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { SteerRequest } from '../../../src/core/injector/control/steer.js';
import { watchWishes } from '../../../src/core/injector/control/wishes.js';
import { holdRollout } from '../../../src/core/injector/course/rollout.js';
import { wishRules } from '../../../src/core/injector/course/states.js';
import { limits } from '../../../src/core/limits.js';
import { type RolloutState, rolloutStateSchema } from '../../../src/core/nerve/messages/rollout-record.js';
import { type Wish, type WishAction, wishActionSchema } from '../../../src/core/nerve/messages/wish.js';
import { createNames } from '../../../src/core/nerve/names.js';
import { watchOutages } from '../../../src/core/nerve/outages.js';
import type { Redis } from '../../../src/core/nerve/redis.js';
import { leaveWish, readHold } from '../../../src/core/nerve/rollout-holds.js';
import { claimRollout } from '../../../src/core/nerve/rollout-records.js';
import { key, startTestHost } from '../../agent/support.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';
import { coordinate, ended, forget, recordOf, steerFrom } from '../support.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(async () => {
  await server.clear();
  await startTestHost(server, { hostId: 'host-1', firstAgent: 0, agents: 10 });
});
afterAll(() => server.stop());

const steer = (action: WishAction, request: Partial<SteerRequest> = {}) => steerFrom(server, action, request);

describe('what an operator types', () => {
  test('is an id, the beginning of one, `latest` or nothing; anything else is no rollout', async () => {
    for (const id of ['instr_a1', 'instr_a2', 'other']) {
      const { rollout } = await coordinate(server, { instruction: { id } });
      await rollout.close();
    }
    const hostile = [
      'unknown',
      '',
      'instr_a1*',
      '../instr_a1',
      'a b',
      '\0',
      'x'.repeat(10_000),
      'instr_a1:acks',
    ];
    for (const typed of hostile)
      await expect(steer('pause', { typed })).rejects.toMatchObject({ code: 'DN506', kind: 'bad-input' });
    await expect(steer('pause', { typed: 'instr_' })).rejects.toMatchObject({
      code: 'DN514',
      message: '2 rollouts begin with instr_: instr_a2, instr_a1.',
    });
    for (const typed of ['oth', 'latest', undefined])
      await expect(steer('pause', { typed })).rejects.toMatchObject({
        code: 'DN516',
        message: expect.stringContaining('rollout other'),
      });
    const keys = await server.redis.keys('fleet:rollout:*');
    expect(keys.filter((key) => !/^fleet:rollout:(instr_a[12]|other)/.test(key))).toEqual([]);
  });

  test('finds the newest rollouts, of which so many are listed as years bring; older ones go from the list', async () => {
    const { redis, names } = server;
    const older = Array.from({ length: limits.rolloutsListedMax }, (_, at) => [
      String(at),
      `old_${at}`,
    ]).flat();
    await redis.zadd(names.rollouts, ...older);
    const { rollout } = await coordinate(server);
    await rollout.close();
    expect(await redis.zcard(names.rollouts)).toBe(limits.rolloutsListedMax);
    expect(await redis.zrange(names.rollouts, 0, '0')).toEqual(['old_1']);
    expect(await redis.zrevrange(names.rollouts, 0, 0)).toEqual(['instr_one']);
  });

  test('never reaches a rollout of another prefix', async () => {
    const { rollout } = await coordinate(server);
    const green = { redis: server.redis, names: createNames('green') };
    for (const typed of ['instr_one', undefined])
      await expect(steerFrom(green, 'abort', typed === undefined ? {} : { typed })).rejects.toMatchObject({
        code: 'DN506',
      });
    expect(await server.redis.keys('green:*')).toEqual([]);
    await rollout.close();
  });
});

describe('a wish', () => {
  const wishOf = (action: WishAction, id = `wish_${action}`) => ({ id, action, by: 'ana@ops-3', at: 1 });
  const ask = (action: WishAction, id?: string) =>
    leaveWish(server.redis, server.names, {
      rollout: 'r',
      wish: wishOf(action, id),
      states: wishRules[action].when,
      overrules: wishRules[action].overrules,
    });
  const put = (fields: Record<string, string | number>) =>
    server.redis.hset(server.names.rollout('r'), fields);
  const inState = (state: RolloutState) => put({ record: JSON.stringify({ state }), heldUntil: 9e15 });

  /** a asked, s refused because of the state. */
  const picture = `
             planned canary injecting live complete paused aborted rolled_back failed
pause        a       a      a         s    s        s      s       s           s
resume       s       s      s         s    s        a      s       s           s
abort        a       a      a         a    s        a      s       s           s
rollback     a       a      a         a    s        a      s       s           s`;
  const [header = [], ...rows] = picture
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));

  test('is left only in a state in which it makes sense', async () => {
    expect(header).toEqual(rolloutStateSchema.options);
    expect(rows.map(([action]) => action)).toEqual(wishActionSchema.options);
    for (const [action = '', ...cells] of rows) {
      for (const [at, cell] of cells.entries()) {
        await server.redis.del(server.names.rollout('r'));
        const state = header[at] as RolloutState;
        await inState(state);
        const reply = await ask(action as WishAction);
        const expected =
          cell === 'a' ? { name: 'asked', detail: `wish_${action}` } : { name: 'state', detail: state };
        expect([action, state, reply]).toEqual([action, state, expected]);
        expect(await server.redis.hexists(server.names.rollout('r'), 'wish')).toBe(cell === 'a' ? 1 : 0);
      }
    }
  });

  test('that takes more back goes before one that takes less; the same one is left once', async () => {
    const order = ['pause', 'abort', 'rollback'] as const;
    for (const first of order) {
      for (const second of order) {
        await server.redis.del(server.names.rollout('r'));
        await inState('injecting');
        await ask(first, 'first');
        const { name, detail } = await ask(second, 'second');
        const [a, b] = [order.indexOf(first), order.indexOf(second)];
        expect([first, second, name]).toEqual([
          first,
          second,
          a === b ? 'same' : a < b ? 'asked' : 'overruled',
        ]);
        if (a === b) expect(detail).toBe('first');
        if (a > b) expect(JSON.parse(detail)).toMatchObject({ id: 'first', action: first });
      }
    }
  });

  test('to pause can be taken back before it is obeyed; one that was obeyed is in nobody’s way', async () => {
    await inState('injecting');
    await ask('pause');
    expect(await ask('resume')).toMatchObject({ name: 'asked' });
    await ask('pause', 'again');
    await put({ answered: 'again' });
    expect(await ask('resume')).toMatchObject({ name: 'state' });
    expect(await ask('pause', 'later')).toMatchObject({ name: 'asked' });
  });

  test.each([
    'garbage',
    '[]',
    '7',
    '{"id":5,"action":"abort"}',
    '{"id":"x","action":"format"}',
    '{"id":"x","action":"rollback"}',
    '"\\u0000',
  ])('that is none (%s) is obeyed by nobody and hinders nobody', async (text) => {
    const run = await coordinate(server);
    await server.redis.hset(server.names.rollout('instr_one'), 'wish', text);
    expect(await ended(run)).toBeUndefined();
    await inState('injecting');
    await put({ wish: text });
    expect(await ask('pause')).toMatchObject({ name: 'asked' });
  });

  function watched(redis: Redis) {
    const outages = watchOutages(redis, Date.now);
    onTestFinished(() => outages.close());
    return { rollout: 'r', holder: 'test', outages, onWish: () => undefined };
  }

  test('that a write has found counts until something else was waited for', async () => {
    const { redis, names } = server;
    const epoch = await claimRollout(redis, names, { id: 'r', holder: 'x', nowMs: 1 });
    const noted: string[] = [];
    const onWish = ({ id }: Wish) => noted.push(id);
    const wishes = await watchWishes(redis, names, { ...watched(redis), epoch, onWish });
    wishes.found(undefined);
    const late = put({ wish: JSON.stringify(wishOf('abort')) });
    expect(await wishes.look()).toBeUndefined();
    await late;
    expect(await wishes.look()).toMatchObject({ action: 'abort' });
    wishes.found({ ...wishOf('rollback'), action: 'rollback' });
    expect(await wishes.look()).toMatchObject({ action: 'rollback' });
    expect([noted, wishes.urgent.aborted]).toEqual([['wish_abort', 'wish_rollback'], true]);
    await wishes.close();
  });

  test('that was seen is obeyed although Redis has lost it, unless one that takes more back comes', async () => {
    const { redis, names } = server;
    const epoch = await claimRollout(redis, names, { id: 'r', holder: 'x', nowMs: 1 });
    const wishes = await watchWishes(redis, names, { ...watched(redis), epoch });
    const lose = () => redis.hdel(names.rollout('r'), 'wish');
    await put({ wish: JSON.stringify(wishOf('pause')) });
    expect(await wishes.look()).toMatchObject({ action: 'pause' });
    await lose();
    expect(await wishes.look()).toMatchObject({ action: 'pause' });
    wishes.found(undefined);
    expect(await wishes.look()).toMatchObject({ action: 'pause' });
    await redis.ping();
    await put({ wish: JSON.stringify(wishOf('abort')) });
    expect(await wishes.look()).toMatchObject({ action: 'abort' });
    await put({ wish: JSON.stringify(wishOf('pause', 'later')) });
    expect(await wishes.look()).toMatchObject({ action: 'abort' });
    await lose();
    wishes.answered(wishOf('abort'));
    expect([await wishes.look(), wishes.waiting.aborted]).toEqual([undefined, false]);
    await wishes.close();
  });

  test('that cannot be listened for leaves no connection and no listener behind', async () => {
    const { names } = server;
    const redis = await server.connect();
    const listeners = redis.listenerCount('ready');
    const mine = async () => String(await redis.client('LIST')).split('\n').length;
    const before = await mine();
    await redis.call('ACL', 'SETUSER', 'default', 'resetchannels');
    const dependencies = { redis, names, key, name: 'test', clock: Date.now, report: () => undefined };
    const { signal } = new AbortController();
    const holding = holdRollout({ ...dependencies, signal }, { id: 'r', epoch: 1 });
    await expect(holding).rejects.toThrow('NOPERM');
    await redis.call('ACL', 'SETUSER', 'default', 'allchannels');
    expect(redis.listenerCount('ready')).toBe(listeners);
    await expect.poll(mine).toBe(before);
  });

  test('for a rollout that is none, or whose record is damaged, is not left', async () => {
    expect(await ask('abort')).toEqual({ name: 'unknown', detail: '' });
    for (const record of ['', 'x', '[]', '{"state":7}', '{}']) {
      await put({ record, heldUntil: 9e15 });
      expect(await ask('abort')).toEqual({ name: 'unknown', detail: '' });
    }
    for (const heldUntil of ['', 'x', '0', '-1']) {
      await put({ record: '{"state":"injecting"}', heldUntil });
      expect(await ask('abort')).toEqual({ name: 'unheld', detail: 'injecting' });
    }
  });

  test('for a coordinator that has gone is void for the one that takes over', async () => {
    const first = await coordinate(server);
    await first.rollout.close();
    const wish = JSON.stringify(wishOf('abort'));
    await server.redis.hset(server.names.rollout('instr_one'), 'wish', wish);
    expect(await ended(await coordinate(server, { resume: true }))).toBeUndefined();
    expect((await recordOf(server)).record.state).toBe('live');
  });

  test('that is not obeyed in time says so; when the injector dies meanwhile or another takes over, that', async () => {
    const busy = async () => {
      const run = await coordinate(server);
      await run.rollout.close();
      await server.redis.hset(server.names.rollout('instr_one'), 'heldUntil', 9e15);
    };
    await busy();
    await expect(steer('abort', { answerWithinMs: 60 })).rejects.toMatchObject({ code: 'DN519' });
    const asking = steer('pause');
    await forget(server);
    await expect(asking).rejects.toMatchObject({ code: expect.stringMatching(/^DN516$/) });
    await server.redis.del(server.names.rollout('instr_one'));
    await busy();
    const stolen = steer('abort');
    await expect
      .poll(async () => (await readHold(server.redis, server.names, 'instr_one')).wish?.action)
      .toBe('abort');
    await claimRollout(server.redis, server.names, { id: 'instr_one', holder: 'x', nowMs: Date.now() });
    await expect(stolen).rejects.toMatchObject({ code: 'DN510' });
  });
});
