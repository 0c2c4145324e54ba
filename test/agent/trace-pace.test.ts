import { beforeEach, describe, expect, test } from 'vitest';
import { Agent, type TickOutcome } from '../../src/core/agent/agent.js';
import { createTracePace, type TracePace } from '../../src/core/agent/trace-pace.js';
import { createSimulatedWorkload } from '../../src/core/agent/workloads/simulated.js';
import { limits } from '../../src/core/limits.js';
import { orderOf, throttle } from './support.js';
import { loadedFor } from './test-workload.js';

const usage = { processCpuPct: 1, processMemory: 65_536 };
let nowMs = 1_767_225_600_000;
let agent: Agent;
let pace: TracePace;

beforeEach(() => {
  agent = new Agent({ id: 'agent-0001', workload: createSimulatedWorkload({ seed: 3, agent: 1, nowMs }) });
  pace = createTracePace();
});

function goLive(): void {
  const order = orderOf({ digest: throttle.digest, parameters: {}, windowMs: 60_000 });
  agent.stage(order, loadedFor(agent, throttle), nowMs);
  agent.goLive(order, nowMs);
}

/** Ticks each second, `write` says whether what is due can be written. */
function tick(seconds: number, write = true, change: Partial<TickOutcome> = {}) {
  return Array.from({ length: seconds }).flatMap(() => {
    nowMs += 1_000;
    pace.add({ agent, outcome: { ...agent.tick(nowMs), ...change }, evaluateMs: 0.5 }, nowMs);
    return write ? pace.take([agent], usage).map(({ trace }) => trace) : [];
  });
}

describe('traces of ticks', () => {
  test('are all written for 30 s after go-live, then as many as the program asks for', () => {
    tick(1);
    goLive();
    expect(tick(limits.fastTracingMs / 1_000)).toHaveLength(30);
    const calm = tick(60);
    expect(calm.map(({ ticks }) => ticks)).toEqual(Array.from({ length: 12 }, () => 5));
  });

  test('of an agent without a program come every 5 s', () => {
    tick(1);
    expect(tick(20)).toHaveLength(4);
  });

  test('hold what happened since the one before', () => {
    tick(1);
    goLive();
    tick(30);
    const [trace] = tick(5, true, { effects: { THROTTLE: 2 }, steps: 10 });
    expect(trace).toMatchObject({ ticks: 5, effects: { THROTTLE: 10 }, steps: 50, evaluateMs: 2.5 });
    expect(trace?.metrics.at).toBe(trace?.at);
  });

  test('come at once with an error', () => {
    tick(1);
    expect(tick(1, true, { error: 'broken' })).toMatchObject([{ error: 'broken' }]);
  });

  test('that cannot be written are counted and added to the next, and nothing grows meanwhile', () => {
    tick(1);
    goLive();
    tick(2);
    tick(10, false, { effects: { THROTTLE: 1 } });
    const [trace] = tick(1, true, { effects: {} });
    expect(trace).toMatchObject({ ticks: 11, dropped: 10, effects: { THROTTLE: 10 } });
    expect(tick(1)[0]?.dropped).toBeUndefined();
  });

  test('that were lost on the way are in the next one', () => {
    tick(1);
    goLive();
    nowMs += 1_000;
    const outcome = { ...agent.tick(nowMs), effects: { THROTTLE: 3 }, steps: 7, error: 'broken' };
    pace.add({ agent, outcome, evaluateMs: 0.5 }, nowMs);
    pace.lost(pace.take([agent], usage));
    const [trace] = tick(1, true, { effects: { THROTTLE: 1, CACHE: 1 }, steps: 1 });
    expect(trace).toMatchObject({
      ticks: 2,
      dropped: 1,
      steps: 8,
      error: 'broken',
      evaluateMs: 1,
      at: nowMs,
    });
    expect(trace?.effects).toEqual({ THROTTLE: 4, CACHE: 1 });
    expect(tick(1)[0]?.dropped).toBeUndefined();
  });

  test('list what did not apply once for each reason', () => {
    const unapplied = () => ({
      ...{ refused: 1, failed: 0, overBudget: 0, putOff: 0 },
      effects: [{ action: 'THROTTLE', kind: 'refused' as const, reason: 'no', count: 1 }],
    });
    tick(1);
    tick(4, true, { unapplied: unapplied() });
    const [trace] = tick(1, true, { unapplied: unapplied() });
    expect(trace?.unapplied).toMatchObject({ refused: 5, effects: [{ count: 5 }] });
  });
});
