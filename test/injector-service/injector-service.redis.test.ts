import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signInstruction } from '../../src/core/instruction-signature.js';
import type { Instruction } from '../../src/core/nerve/messages/instruction.js';
import type { RolloutRecord } from '../../src/core/nerve/messages/rollout-record.js';
import type { Redis } from '../../src/core/nerve/redis.js';
import { appendMessage } from '../../src/core/nerve/streams.js';
import { key, newKey, startTestHost } from '../agent/support.js';
import { forget, instructionOf, onceBefore, recordOf, steerFrom } from '../injector/support.js';
import { startService, type TestService } from '../services/support.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { videoWorkload } from '../support/video-agents.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.clear();
  await startTestHost(server, { hostId: 'host-1', firstAgent: 0, agents: 10 });
});

const bakes = { defaults: { bakeMs: 60_000 } };
const signed = (change: Partial<Instruction> = {}) =>
  signInstruction(instructionOf({ target_agents: 10, rollout: {}, ...change }), key.privateKey);
const send = (instruction: Instruction) =>
  appendMessage(server.redis, server.names.instructions, instruction);
const stateOf = async (id = 'instr_one') =>
  (
    JSON.parse(
      (await server.redis.hget(server.names.rollout(id), 'record')) ?? '{}',
    ) as Partial<RolloutRecord>
  ).state;
const becomes = (state: string, id?: string) =>
  expect.poll(() => stateOf(id), { timeout: 15_000 }).toBe(state);
const said = (service: TestService, text: string) =>
  expect.poll(() => service.log.join('\n'), { timeout: 10_000 }).toContain(text);
const reasons = async () =>
  (await server.redis.xrange(server.names.instructionsRejected, '-', '+')).map(([, fields]) => fields[3]);

/** As whoever can write to Redis can do it. */
async function forge(change: (record: RolloutRecord) => unknown): Promise<void> {
  const { record } = await recordOf(server);
  await server.redis.hset(server.names.rollout('instr_one'), 'record', JSON.stringify(change(record)));
  await forget(server);
}

/** A rollout whose service was stopped while its canary was watched. */
async function left(): Promise<void> {
  const first = await startService(server, { name: 'first', ...bakes });
  await send(signed());
  await becomes('canary');
  await first.stop();
}

describe('a service', () => {
  it('begins within seconds what a killed one had taken and not begun', async () => {
    const instruction = signed();
    await send(instruction);
    await server.redis.xgroup('CREATE', server.names.instructions, 'injector', '0');
    const place = ['STREAMS', server.names.instructions, '>'] as const;
    await server.redis.xreadgroup('GROUP', 'injector', 'injector-service', 'COUNT', 1, ...place);
    await server.redis.set(server.names.injectorLease, 'killed', 'PX', 5_000);
    const service = await startService(server);
    await expect.poll(() => stateOf(), { timeout: 10_000 }).toBeDefined();
    await becomes('complete');
    expect((await server.redis.xpending(server.names.instructions, 'injector'))[0]).toBe(0);
    await expect.poll(async () => (await service.get('/health')).body.work.done).toBe(1);
  });

  it('works alone: another stands by, and one rollout is on the way at a time', async () => {
    const services = [
      await startService(server, { name: 'one' }),
      await startService(server, { name: 'two' }),
    ];
    const states = () =>
      Promise.all(services.map(async ({ get }) => (await get('/health')).body.work.state as string));
    await expect.poll(async () => (await states()).toSorted()).toEqual(['idle', 'standby']);
    for (const id of ['instr_a', 'instr_b', 'instr_c']) await send(signed({ id }));
    const overlaps: string[] = [];
    await expect
      .poll(
        async () => {
          const states = await Promise.all(['instr_a', 'instr_b', 'instr_c'].map((id) => stateOf(id)));
          const open = states.filter((state) => state !== undefined && state !== 'complete');
          if (open.length > 1) overlaps.push(states.join());
          return states;
        },
        { timeout: 20_000, interval: 20 },
      )
      .toEqual(['complete', 'complete', 'complete']);
    expect(overlaps).toEqual([]);
    const done = () =>
      Promise.all(services.map(async ({ get }) => (await get('/health')).body.work.done as number));
    await expect.poll(async () => (await done()).toSorted()).toEqual([0, 3]);
    const health = JSON.parse((await server.redis.hget(server.names.health, 'injector')) ?? '{}');
    expect(['one', 'two']).toContain(health.name);
    for (const one of services) await one.stop();
    expect(await server.redis.exists(server.names.injectorLease)).toBe(0);
  });

  it('rejects with the reason what nobody vouches for, and what was changed, also when it accepts the former', async () => {
    const strict = await startService(server);
    await send(instructionOf({ id: 'unsigned', rollout: {} }));
    await send(signInstruction(instructionOf({ id: 'strange', rollout: {} }), newKey().privateKey));
    await send({ ...signed({ id: 'changed' }), selector: 'id=agent-0001' });
    await send(signed({ id: 'senseless', rollout: { batch: 'x' } }));
    await send(signed({ id: 'nobody', selector: 'class=none' }));
    await send(signed({ id: 'faulty', program: { source: 'FUNC' } }));
    await expect.poll(async () => (await reasons()).length, { timeout: 10_000 }).toBe(6);
    const all = (await reasons()).join('\n');
    for (const reason of [
      'it is not signed',
      'does not trust',
      'was changed since',
      '`rollout`',
      'matches no',
    ])
      expect(all).toContain(reason);
    await strict.stop();
    const lax = await startService(server, { name: 'lax', acceptUnsigned: true });
    await send({ ...signed({ id: 'changed' }), selector: 'id=agent-0001' });
    await send(instructionOf({ id: 'unsigned', target_agents: 10, rollout: {} }));
    await becomes('complete', 'unsigned');
    expect(await stateOf('changed')).toBeUndefined();
    expect(lax.log.join('\n')).toContain('instruction unsigned is rolled out although it is not signed');
  });

  it('rejects, with the agents, what some do not offer enough for, and goes on with what leaves them out', async () => {
    const hosted = [{ id: 'v1', workload: () => videoWorkload() }];
    await startTestHost(server, { hostId: 'host-video', hosted });
    await startService(server);
    await send(signed());
    const reason = expect.stringContaining('v1: \\"this agent does not offer REDUCE_CPU_THROTTLE\\"');
    await expect.poll(reasons, { timeout: 10_000 }).toEqual([reason]);
    for (const host of ['host-1', 'host-video'])
      expect(await server.redis.exists(server.names.orders(host))).toBe(0);
    await send(signed({ id: 'instr_two', selector: 'class!=video' }));
    await becomes('complete', 'instr_two');
  });

  it('goes on only with what was signed, whatever the record says by now', async () => {
    await left();
    await forge((record) => ({
      ...record,
      instruction: { ...record.instruction, selector: 'id=agent-0001' },
    }));
    const service = await startService(server, { name: 'second' });
    await said(service, 'rollout instr_one is not gone on with: it is not what');
    await forge(({ instruction: { selector: _gone, ...instruction }, ...record }) => ({
      ...record,
      instruction: signInstruction(
        { ...instruction, program: { ...instruction.program, digest: `sha256:${'a'.repeat(64)}` } },
        key.privateKey,
      ),
    }));
    await service.stop();
    const third = await startService(server, { name: 'third' });
    await said(third, 'its program is sha256:');
    expect(await stateOf()).toBe('canary');
  });

  const putBack = async (change: (record: RolloutRecord) => object) => {
    await forge((record) => ({ ...record, ...change(record), state: 'injecting', service: true }));
    for (const [id, agent] of (await recordOf(server)).agents)
      await server.redis.hset(
        server.names.rollout('instr_one'),
        `agent:${id}`,
        JSON.stringify({ ...agent, outcome: 'pending' }),
      );
    await server.redis.hdel(server.names.rollout('instr_one'), 'result');
  };
  const orders = () => server.redis.xlen(server.names.acknowledgements('instr_one'));

  it('does not go on with one of before that somebody put back, as it was or with other settings', async () => {
    const first = await startService(server, { name: 'first' });
    await send(signed());
    await becomes('complete');
    await first.stop();
    const before = await orders();
    await putBack(() => ({}));
    const second = await startService(server, { name: 'second' });
    await said(second, 'is not gone on with: its result is out');
    await second.stop();
    await server.redis.del(server.names.results);
    await putBack(({ options }) => ({ options: { ...options, batch: '1000', gates: ['errors=off'] } }));
    const third = await startService(server, { name: 'third' });
    await said(third, 'its record, how and to whom it is rolled out, is not what');
    await third.stop();
    await putBack(({ seal: _seal }) => ({ seal: undefined }));
    const fourth = await startService(server, { name: 'fourth' });
    await said(fourth, 'how and to whom it is rolled out, is not signed');
    expect(await stateOf()).toBe('injecting');
    expect(await orders()).toBe(before);
  });

  it('looks once more when the rollout is its own: what is changed in between is not signed for', async () => {
    await left();
    const { record, agents } = await recordOf(server);
    const [id, agent] = [...agents].find(([, { heldOut }]) => heldOut) ?? ['', undefined];
    const changes: readonly (readonly [string, object])[] = [
      ['record', { ...record, options: { ...record.options, gates: ['errors=off'], exclude: [id] } }],
      ['record', { ...record, program: { ...record.program, digest: `sha256:${'a'.repeat(64)}` } }],
      [`agent:${id}`, { ...agent, heldOut: false }],
    ];
    const rollout = server.names.rollout('instr_one');
    const good = await server.redis.hgetall(rollout);
    for (const [at, [field, value]] of changes.entries()) {
      const name = `between-${at}`;
      // The claim is the only script that is told `any`.
      const onConnected = (redis: Redis) =>
        void onceBefore(redis, 'any', () => redis.hset(rollout, field, JSON.stringify(value)));
      const service = await startService(server, { name, onConnected });
      await said(service, 'rollout instr_one: DN590');
      await service.stop();
      const { seal } = (await recordOf(server)).record;
      expect(seal, 'nothing was signed anew').toBe(record.seal);
      await server.redis.hset(rollout, good);
      await forget(server);
    }
  });

  it('does not go on by a plan that was made of what nobody signed, although that was put back', async () => {
    await left();
    const { record } = await recordOf(server);
    const rollout = server.names.rollout('instr_one');
    const forged = JSON.stringify({ ...record, options: { ...record.options, batch: '1000' } });
    const onConnected = (redis: Redis) => {
      const hget = redis.hget.bind(redis);
      redis.hget = ((key: string, field: string) => {
        if (key !== rollout || field !== 'record') return hget(key, field);
        redis.hget = hget as Redis['hget'];
        return Promise.resolve(forged);
      }) as Redis['hget'];
    };
    const service = await startService(server, { name: 'second', onConnected });
    await said(service, 'its record was changed while it was looked at');
    expect((await recordOf(server)).record).toEqual(record);
  });

  it('does not go on with other agents held out, nor when its time is over', async () => {
    await left();
    const { agents } = await recordOf(server);
    const [id, agent] = [...agents].find(([, { heldOut }]) => heldOut) ?? ['', undefined];
    const field = `agent:${id}`;
    const write = (change: object) =>
      server.redis.hset(server.names.rollout('instr_one'), field, JSON.stringify({ ...agent, ...change }));
    await write({ heldOut: false });
    await forget(server);
    const second = await startService(server, { name: 'second' });
    await said(second, 'how and to whom it is rolled out, is not what');
    await second.stop();
    await write({});
    const late = await startService(server, { name: 'late', clock: () => Date.now() + 3_700_000 });
    await said(late, 'its time is over');
    expect(await stateOf()).toBe('canary');
    await late.stop();
    await forge((record) => ({ ...record, state: 'live', liveAt: record.plannedAt }));
    const later = await startService(server, { name: 'later', clock: () => Date.now() + 90_100_000 });
    await said(later, 'its time is over');
    expect(await stateOf()).toBe('live');
  });

  it('goes on with what was aborted only when somebody asked a service for it', async () => {
    const first = await startService(server, { name: 'first', ...bakes });
    await send(signed());
    await becomes('canary');
    await steerFrom(server, 'abort');
    await becomes('aborted');
    const { redis, names } = server;
    await redis.sadd(names.injectorWanted, 'instr_one');
    const fields = { id: 'instr_one', at: Date.now() };
    const signature = `ed25519:${key.keyId}:${'A'.repeat(86)}==`;
    await redis.sadd(names.injectorWanted, JSON.stringify({ ...fields, signature }));
    await said(first, 'the wish to go on with rollout instr_one is not what');
    await expect.poll(() => redis.scard(names.injectorWanted), { timeout: 5_000 }).toBe(0);
    expect(await stateOf()).toBe('aborted');
    expect((await first.post('/rollouts/instr_one/resume')).status).toBe(202);
    await said(first, 'going on with rollout instr_one, which is aborted');
  });

  it('goes on twice, although what it signs names the program that was staged', async () => {
    await left();
    const second = await startService(server, { name: 'second' });
    await said(second, 'going on with rollout instr_one, which is canary');
    await becomes('canary');
    await expect.poll(async () => (await recordOf(server)).record.instruction.program?.digest).toBeDefined();
    await second.stop();
    const third = await startService(server, { name: 'third', defaults: { bakeMs: 1 } });
    await said(third, 'going on with rollout instr_one, which is canary');
    expect((await recordOf(server)).record.options?.bakeMs, 'as the first was told').toBe(60_000);
  });

  it('does not go on with what an operator aborted in its window', async () => {
    const first = await startService(server, { name: 'first', defaults: { windowMs: 60_000 } });
    await send(signed());
    await becomes('live');
    await steerFrom(server, 'abort');
    await said(first, 'DN535');
    await send(signed({ id: 'instr_two', rollout: { windowMs: 1_000 } }));
    await becomes('complete', 'instr_two');
    expect(await stateOf()).toBe('live');
    expect(first.log.join('\n')).not.toContain('going on');
  });

  it('pays for a result that a killed one had published and not rewarded', async () => {
    const first = await startService(server, { name: 'first' });
    await send(signed());
    await becomes('complete');
    await expect.poll(async () => (await first.get('/health')).body.work.done).toBe(1);
    await first.stop();
    await server.redis.del(server.names.points('agent-0001'));
    await startService(server, { name: 'second' });
    await expect
      .poll(() => server.redis.hexists(server.names.points('agent-0001'), 'instr_one'), { timeout: 10_000 })
      .toBe(1);
  });

  it('works although an earlier result cannot be paid for', async () => {
    const first = await startService(server, { name: 'first' });
    await send(signed());
    await becomes('complete');
    await expect.poll(async () => (await first.get('/health')).body.work.done).toBe(1);
    await first.stop();
    await server.redis.del(server.names.points('agent-0001'));
    await server.redis.set(server.names.points('agent-0001'), 'not a hash');
    const second = await startService(server, { name: 'second' });
    await said(second, 'what an earlier result led to could not be looked after: WRONGTYPE');
    await expect.poll(async () => (await second.get('/health')).body.work.state).toBe('idle');
  });
});
