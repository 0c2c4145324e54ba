import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.js';
import type { TickTrace } from '../../src/core/nerve/messages/trace-record.js';
import { followTraces } from '../../src/core/tracer/follow.js';
import { readTraces } from '../../src/core/tracer/read.js';
import { appendTraces } from '../../src/core/tracer/write.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

const nowMs = 1_767_225_600_000;

/** `steps` tells traces apart. */
function tickTrace(atMs: number, steps = 0): TickTrace {
  const metrics = {
    ...{ at: atMs, tasks: 1, cost: 1, latency: 1, throughput: 1, memory: 1, cpuTime: 1 },
    ...{ completed: 0, failed: 0, applied: 0, refused: 0 },
  };
  return {
    ...{ version: 1, kind: 'tick', at: atMs, metrics, effects: {}, steps },
    ...{ evaluateMs: 0.1, processCpuPct: 1, processMemory: 65_536 },
  };
}

const append = (...traces: TickTrace[]) =>
  appendTraces(
    server.redis,
    server.names,
    traces.map((trace) => ({ agent: 'a', trace })),
  );
const read = (count = 100, sinceMs?: number) =>
  readTraces(server.redis, server.names, 'a', { count, sinceMs });
const stepsOf = async (count?: number, sinceMs?: number) =>
  (await read(count, sinceMs)).traces.map(({ trace }) => (trace.kind === 'tick' ? trace.steps : -1));

describe('traces', () => {
  test('are read back newest first under ids that start with their time', async () => {
    await append(tickTrace(nowMs, 1), tickTrace(nowMs + 5, 2));
    const { traces, damaged } = await read();
    expect(damaged).toBe(0);
    expect(traces).toEqual([
      { streamId: `${nowMs + 5}-0`, trace: tickTrace(nowMs + 5, 2) },
      { streamId: `${nowMs}-0`, trace: tickTrace(nowMs, 1) },
    ]);
  });

  test('survive a clock that stands still or goes back', async () => {
    await append(tickTrace(nowMs, 1), tickTrace(nowMs, 2));
    await append(tickTrace(nowMs, 3));
    await append(tickTrace(nowMs - 3_600_000, 4), tickTrace(0, 5));
    await append(tickTrace(nowMs + 1, 6));
    expect(await stepsOf()).toHaveLength(6);
    const { traces } = await read();
    for (const { streamId, trace } of traces)
      expect(Number(streamId.split('-')[0])).toBeGreaterThanOrEqual(trace.at);
  });

  test('survive a clock that was far in the future once', async () => {
    await append(tickTrace(8.64e15, 1));
    await append(tickTrace(nowMs, 2), tickTrace(nowMs + 1, 3));
    expect(await stepsOf()).toEqual([3, 2, 1]);
    expect(await stepsOf(100, nowMs + 1)).toEqual([3, 1]);
  });

  test('of many agents go into their own streams in one call', async () => {
    const traces = Array.from({ length: limits.pipelineCommandsMax + 10 }, (_, at) => ({
      agent: `agent-${at}`,
      trace: tickTrace(nowMs, at),
    }));
    await appendTraces(server.redis, server.names, traces);
    const last = traces.at(-1)?.agent ?? '';
    const { traces: stored } = await readTraces(server.redis, server.names, last, { count: 5 });
    expect(stored).toHaveLength(1);
    expect(await server.redis.dbsize()).toBe(traces.length);
  });

  test('are trimmed to about the limit', async () => {
    await append(...Array.from({ length: 1_000 }, (_, at) => tickTrace(nowMs + at, at)));
    const kept = await server.redis.xlen(server.names.trace('a'));
    expect(kept).toBeGreaterThanOrEqual(limits.traceEntriesPerAgentMax);
    expect(kept).toBeLessThanOrEqual(2 * limits.traceEntriesPerAgentMax);
  });

  test('are limited by count and by time', async () => {
    await append(...Array.from({ length: 10 }, (_, at) => tickTrace(nowMs + at, at)));
    expect(await stepsOf(3)).toEqual([9, 8, 7]);
    expect(await stepsOf(100, nowMs + 8)).toEqual([9, 8]);
    expect(await stepsOf(0)).toEqual([]);
    expect(await stepsOf(100, nowMs + 10)).toEqual([]);
  });

  test('that are damaged are counted and do not hide the others', async () => {
    await append(tickTrace(nowMs, 1));
    const key = server.names.trace('a');
    await server.redis.xadd(key, '*', 'json', '{"version":');
    await server.redis.xadd(key, '*', 'json', JSON.stringify({ ...tickTrace(nowMs), version: 2 }));
    await server.redis.xadd(key, '*', 'text', 'no json');
    expect(await read()).toMatchObject({ damaged: 3, traces: [{ trace: { steps: 1 } }] });
  });

  test('of any damage are counted, in their compact form as well', async () => {
    await append(tickTrace(nowMs, 1));
    const key = server.names.trace('a');
    const [[, [, good]]] = (await server.redis.xrevrangeBuffer(key, '+', '-')) as [
      [Buffer, [Buffer, Buffer]],
    ];
    const spoilt = [Buffer.alloc(0), Buffer.from([2]), good.subarray(0, 9), Buffer.concat([good, good])];
    // A flag says that measurements are wide: what follows is no number.
    spoilt.push(Buffer.concat([Buffer.from([1, 0x90, 0x01, 1]), Buffer.alloc(40, 0xff)]));
    for (const bytes of spoilt) await server.redis.xadd(key, '*', 't', bytes);
    await server.redis.xadd(key, '*', 't', '{"version":1,"kind":"tick","at":1e300}');
    expect(await read()).toMatchObject({ damaged: spoilt.length + 1, traces: [{ trace: { steps: 1 } }] });
  });

  test('whose names have expired keep their figures', async () => {
    const traced = { ...tickTrace(nowMs, 1), instruction: 'instr_one', effects: { CACHE: 2, MOVE: 1 } };
    const actions = ['MOVE', 'CACHE'];
    await appendTraces(server.redis, server.names, [{ agent: 'a', trace: traced, actions }]);
    expect((await read()).traces).toMatchObject([{ trace: traced }]);
    const [names = ''] = await server.redis.keys('*trace-names*');
    await server.redis.del(names);
    const { traces } = await read();
    expect(traces).toMatchObject([{ trace: { steps: 1, effects: { 'action 1': 1, 'action 2': 2 } } }]);
    expect(traces[0]?.trace).not.toHaveProperty('instruction');
  });

  test('report errors that are no matter of ids', async () => {
    await server.redis.set(server.names.trace('a'), 'text');
    await expect(append(tickTrace(nowMs))).rejects.toThrow('WRONGTYPE');
  });
});

describe('following an agent', () => {
  const follow = (signal: AbortSignal, afterId?: string) =>
    followTraces({ ...server, agent: 'a', signal, ...(afterId === undefined ? {} : { afterId }) });
  const connections = async () =>
    String(await server.redis.client('LIST'))
      .split('\n')
      .filter((line) => line.includes('cmd=')).length;

  test('gives what is written from then on, damaged entries too, and ends with the signal', async () => {
    await append(tickTrace(nowMs, 1));
    const before = await connections();
    const controller = new AbortController();
    const traces = follow(controller.signal, `${nowMs}-0`);
    await append(tickTrace(nowMs + 1, 2), tickTrace(nowMs + 2, 3));
    await server.redis.xadd(server.names.trace('a'), '*', 'json', '?');
    const seen = [await traces.next(), await traces.next(), await traces.next()].map(({ value }) => value);
    expect(seen).toMatchObject([
      { ok: true, value: { steps: 2 } },
      { ok: true, value: { steps: 3 } },
      { ok: false, reasons: ['not JSON'] },
    ]);
    const waiting = traces.next();
    controller.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await expect.poll(connections).toBe(before);
  });

  test('misses nothing between two reads and skips what was there before', async () => {
    await append(tickTrace(nowMs, 1));
    const controller = new AbortController();
    const traces = follow(controller.signal);
    const first = traces.next();
    await expect.poll(async () => String(await server.redis.client('LIST'))).toContain('cmd=xread');
    for (let steps = 2; steps < 50; steps++) await append(tickTrace(nowMs + steps, steps));
    const seen = [(await first).value];
    while (seen.length < 48) seen.push((await traces.next()).value);
    controller.abort();
    expect(seen.map((entry) => entry?.ok && entry.value.kind === 'tick' && entry.value.steps)).toEqual(
      Array.from({ length: 48 }, (_, at) => at + 2),
    );
  });

  test('closes its connection when the listener breaks off', async () => {
    const before = await connections();
    await append(tickTrace(nowMs, 1), tickTrace(nowMs + 1, 2));
    for await (const entry of follow(new AbortController().signal, '0-0')) {
      expect(entry.ok).toBe(true);
      break;
    }
    await expect.poll(connections).toBe(before);
  });

  test('that was ended before it began gives nothing', async () => {
    expect(await follow(AbortSignal.abort()).next()).toEqual({ done: true, value: undefined });
  });
});
