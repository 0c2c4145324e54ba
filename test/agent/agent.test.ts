import { beforeEach, describe, expect, test } from 'vitest';
import { Agent } from '../../src/core/agent/agent.js';
import { createSimulatedWorkload } from '../../src/core/agent/workloads/simulated.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import type { Order } from '../../src/core/nerve/messages/order.js';
import { cache, orderOf, programOf, type TestProgram, throttle } from './support.js';
import { loadedFor } from './test-workload.js';

const startMs = 1_767_225_600_000;
let nowMs = startMs;
let agent: Agent;
let applied: { action: string; instruction: string; id: unknown }[];

/** A real agent with a real workload; every effect that reaches the workload is noted. */
beforeEach(() => {
  nowMs = startMs;
  applied = [];
  const workload = createSimulatedWorkload({ seed: 3, agent: 1, nowMs });
  const apply = workload.apply.bind(workload);
  workload.apply = (effect) => {
    applied.push({
      action: effect.action,
      instruction: effect.instruction,
      id: workload.view().ids[effect.row],
    });
    return apply(effect);
  };
  agent = new Agent({ id: 'agent-0001', workload });
});

function order(program: TestProgram, change: Partial<Order> = {}): Order {
  return orderOf({ digest: program.digest, parameters: {}, windowMs: 60_000, ...change });
}

const stage = (program: TestProgram, change: Partial<Order> = {}) =>
  agent.stage(order(program, change), loadedFor(agent, program), nowMs);
const goLive = (program: TestProgram, change: Partial<Order> = {}) =>
  agent.goLive(order(program, change), nowMs);
const undo = (instruction: string) => agent.undo(order(throttle, { instruction }), nowMs);
const bringLive = (program: TestProgram, instruction: string) => [
  stage(program, { instruction }),
  goLive(program, { instruction }),
];
function tick(times = 1) {
  for (let at = 0; at < times; at++) {
    nowMs += 1_000;
    agent.tick(nowMs);
  }
}
const cpu = () => agent.workload.view().columns.cpu_time?.reduce((sum, value) => sum + value, 0) ?? 0;
const done = { outcome: 'done' };

describe('staging', () => {
  test('changes nothing that runs', () => {
    expect(stage(throttle)).toEqual(done);
    tick(3);
    expect(agent.status).toBe('staged');
    expect(agent.live).toBeUndefined();
    expect(applied).toEqual([]);
  });

  test('again with the same program and values changes nothing; with other values they replace the first', () => {
    stage(throttle, { parameters: { amount: 0.1 } });
    const held = agent.staged;
    expect(stage(throttle, { parameters: { amount: 0.1 } })).toEqual(done);
    expect(agent.staged).toBe(held);
    stage(throttle, { parameters: { amount: 0.2 } });
    expect(agent.staged?.parameters).toEqual({ amount: 0.2 });
  });

  test('does not interrupt the measurement of a held-out agent when it comes twice', () => {
    stage(throttle);
    agent.observe(order(throttle), nowMs);
    expect(stage(throttle)).toEqual(done);
    expect([agent.status, agent.measuring]).toEqual(['observing', true]);
  });

  test('another program for the instruction that is live is refused, not promised', () => {
    bringLive(throttle, 'instr_one');
    expect(stage(throttle)).toEqual(done);
    expect(agent.staged).toBeUndefined();
    expect(stage(cache)).toMatchObject({ outcome: 'refused', code: 'DN618' });
    expect(goLive(cache)).toMatchObject({ outcome: 'refused', code: 'DN618' });
    expect(agent.live?.loaded.program.digest).toBe(throttle.digest);
  });
});

describe('going live', () => {
  test('without a staged program, or with other bytes than were staged, fails', () => {
    expect(goLive(throttle)).toMatchObject({ outcome: 'failed', code: 'DN616' });
    stage(throttle);
    expect(goLive(cache)).toMatchObject({ outcome: 'failed', code: 'DN616' });
    expect(goLive(throttle, { instruction: 'instr_two' })).toMatchObject({ code: 'DN616' });
    expect(agent.live).toBeUndefined();
  });

  test('applies each effect once per task, however often the order comes and the agent ticks', () => {
    bringLive(throttle, 'instr_one');
    const tasks = agent.workload.view().rows;
    expect(applied).toHaveLength(tasks);
    goLive(throttle);
    tick(30);
    const seen = applied.map(({ id }) => id);
    expect(new Set(seen).size).toBe(seen.length);
    expect(agent.report).toMatchObject({ arm: 'treated', instruction: 'instr_one', ticks: 30 });
  });

  test('acts on tasks that come later, and forgets those that have gone', () => {
    bringLive(throttle, 'instr_one');
    tick(20_000);
    const seen = applied.map(({ id }) => id);
    expect(seen.length).toBeGreaterThan(10 * agent.workload.view().rows);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('a held-out agent', () => {
  test('shadow-runs the program: it knows what would have been done and does nothing', () => {
    tick(5);
    stage(throttle);
    expect(agent.observe(order(throttle), nowMs)).toEqual(done);
    expect(agent.observe(order(throttle), nowMs + 5)).toEqual(done);
    tick(5);
    expect(applied).toEqual([]);
    expect(agent.live).toBeUndefined();
    expect(agent.report).toMatchObject({ arm: 'held-out', since: startMs + 5_000, ticks: 5, applied: 0 });
    expect(agent.report?.groups.some(({ actions, tasks }) => actions !== 0 && tasks > 0)).toBe(true);
  });

  test('goes on running the program that it had', () => {
    bringLive(cache, 'instr_one');
    tick();
    stage(throttle, { instruction: 'instr_two' });
    agent.observe(order(throttle, { instruction: 'instr_two' }), nowMs);
    tick(200);
    expect(agent.live?.instruction).toBe('instr_one');
    expect(applied.every(({ action }) => action === 'REDUCE_MEMORY_CACHE')).toBe(true);
    expect(agent.report).toMatchObject({ instruction: 'instr_two', arm: 'held-out', applied: 0, steps: 0 });
  });

  test('that goes live in the end closes its window as a held-out one', () => {
    stage(throttle);
    agent.observe(order(throttle), nowMs);
    tick(3);
    expect(goLive(throttle)).toEqual(done);
    expect(applied.length).toBeGreaterThan(0);
    expect([agent.measuring, agent.report?.arm, agent.report?.ticks]).toEqual([false, 'held-out', 3]);
  });

  test('that is given another instruction stops counting for the first', () => {
    bringLive(cache, 'instr_one');
    stage(throttle, { instruction: 'instr_two' });
    agent.observe(order(throttle, { instruction: 'instr_two' }), nowMs);
    tick(3);
    stage(throttle, { instruction: 'instr_three' });
    tick(200);
    expect(agent.measuring).toBe(false);
    expect(agent.report).toMatchObject({
      instruction: 'instr_two',
      arm: 'held-out',
      ticks: 3,
      applied: 0,
      steps: 0,
    });
  });

  test('without a staged program fails', () => {
    expect(agent.observe(order(throttle), nowMs)).toMatchObject({ outcome: 'failed', code: 'DN616' });
  });
});

describe('undo', () => {
  test('takes back what was set on tasks and leaves no program', () => {
    const before = cpu();
    bringLive(throttle, 'instr_one');
    agent.workload.advance(nowMs);
    expect(cpu()).toBeLessThan(before * 0.99);
    expect(undo('instr_one')).toEqual(done);
    expect(cpu()).toBeCloseTo(before, 6);
    expect([agent.live, agent.status, agent.measuring]).toEqual([undefined, 'idle', false]);
  });

  test('twice, or of an instruction that nobody knows, changes nothing more', () => {
    bringLive(throttle, 'instr_one');
    bringLive(cache, 'instr_two');
    undo('instr_two');
    expect(undo('instr_two')).toEqual(done);
    expect(undo('instr_unknown')).toEqual(done);
    expect(agent.live?.instruction).toBe('instr_one');
  });

  test('returns to the former program and its values, which does nothing a second time', () => {
    stage(throttle, { parameters: { amount: 0.3 } });
    goLive(throttle, { parameters: { amount: 0.3 } });
    agent.workload.advance(nowMs);
    const under = cpu();
    bringLive(cache, 'instr_two');
    undo('instr_two');
    expect(agent.live).toMatchObject({ instruction: 'instr_one', parameters: { amount: 0.3 } });
    agent.tick(nowMs);
    expect(cpu()).toBeCloseTo(under, 6);
    const throttled = applied.filter(({ action }) => action === 'REDUCE_CPU_THROTTLE').map(({ id }) => id);
    expect(new Set(throttled).size).toBe(throttled.length);
  });

  test('goes back through several instructions, one after the other', () => {
    for (const instruction of ['instr_a', 'instr_b', 'instr_c']) bringLive(throttle, instruction);
    undo('instr_c');
    expect(agent.live?.instruction).toBe('instr_b');
    undo('instr_b');
    expect(agent.live?.instruction).toBe('instr_a');
  });

  test('of an instruction that others have followed takes it out from among them', () => {
    const before = cpu();
    bringLive(throttle, 'instr_a');
    bringLive(cache, 'instr_b');
    undo('instr_a');
    expect(agent.live?.instruction).toBe('instr_b');
    expect(cpu()).toBeCloseTo(before, 6);
    undo('instr_b');
    expect(agent.live).toBeUndefined();
  });

  test('of what is only staged leaves the live program alone', () => {
    bringLive(throttle, 'instr_one');
    stage(cache, { instruction: 'instr_two' });
    undo('instr_two');
    expect([agent.staged, agent.live?.instruction, agent.measuring]).toEqual([undefined, 'instr_one', true]);
  });
});

describe('an effect', () => {
  test('that the agent does not offer is refused and counted', () => {
    const other = new Agent({
      id: 'agent-0002',
      workload: Object.assign(createSimulatedWorkload({ seed: 3, agent: 1, nowMs }), {
        capabilities: { ...referenceFleet, actions: [] },
      }),
    });
    other.stage(order(throttle), loadedFor(agent, throttle), nowMs);
    other.goLive(order(throttle), nowMs);
    const { metrics } = other.tick(nowMs + 1_000);
    expect(metrics.applied).toBe(0);
    expect(metrics.refused).toBeGreaterThan(0);
    expect(other.report?.refused).toBe(metrics.refused);
  });

  test('that is refused for its argument is not taken for done: a fitting one acts', () => {
    const twice = programOf(`FUNC twice() {
      FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, 50%) REDUCE_CPU_THROTTLE(task, 5%) }
    }`);
    const narrow = referenceFleet.actions.map((action) => ({
      ...action,
      arguments: action.arguments.map((argument) => ({ ...argument, max: 0.1 })),
    }));
    Object.assign(agent, { capabilities: { ...referenceFleet, actions: narrow } });
    bringLive(twice, 'instr_one');
    const { tasks } = agent.metricsAt(nowMs);
    expect(applied).toHaveLength(tasks);
    expect(agent.metricsAt(nowMs)).toMatchObject({ applied: tasks, refused: tasks });
    expect(cpu()).toBeGreaterThan(0);
  });

  test('that fails is told with the next tick and does not end the agent', () => {
    stage(throttle);
    const { workload } = agent;
    workload.apply = () => {
      throw new Error('x'.repeat(5_000));
    };
    goLive(throttle);
    const { tasks } = agent.metricsAt(nowMs);
    expect(agent.report).toMatchObject({ applied: 0 });
    const advance = workload.advance.bind(workload);
    // New tasks are needed, because each is tried once.
    workload.advance = (ms) => advance(ms + 3_600_000);
    const outcome = agent.tick(nowMs + 1_000);
    expect(outcome.unapplied?.failed).toBeGreaterThan(tasks);
    expect(agent.report?.errors).toBe(outcome.unapplied?.failed);
    expect(agent.tick(nowMs + 2_000).metrics.tasks).toBeGreaterThan(0);
  });
});
