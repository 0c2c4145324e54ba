/** Effects that take time, and workloads that throw, hang or say what is not true: a real agent, promises that the test settles. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ApplyOutcome, TaskId } from '../../src/core/agent/workload.js';
import { limits } from '../../src/core/limits.js';
import { cache, throttle } from './support.js';
import { both, holdEffects, settled, TestWorkload, testAgent } from './test-workload.js';

const done = { outcome: 'done' };

afterEach(() => {
  vi.useRealTimers();
});

function tasks(count: number): TaskId[] {
  return Array.from({ length: count }, (_, at) => `task-${at + 1}`);
}

describe('an effect that takes time', () => {
  test('is awaited beside the ticks, and counted in the one after it has settled', async () => {
    const workload = new TestWorkload(tasks(2));
    const held = holdEffects(workload);
    const { agent, run, tick } = testAgent(workload);
    expect(run()).toEqual(done);
    expect(tick()).toMatchObject({ effects: {}, metrics: { applied: 0, refused: 0 } });
    await held.settle();
    await held.settle({ applied: false, reason: 'too small already' });
    const told = tick();
    expect(told).toMatchObject({
      effects: { REDUCE_CPU_THROTTLE: 1 },
      unapplied: { refused: 1, effects: [{ task: 'task-2', kind: 'refused', reason: 'too small already' }] },
      metrics: { applied: 1, refused: 1 },
    });
    expect(agent.report).toMatchObject({ applied: 1, refused: 1, effects: { REDUCE_CPU_THROTTLE: 1 } });
    expect(tick()).toMatchObject({ effects: {}, metrics: { applied: 1 } });
    expect(tick().unapplied).toBeUndefined();
    expect(workload.asked).toHaveLength(2);
  });

  test('is one of so many under way at once; each that ends makes room for the next', async () => {
    const workload = new TestWorkload(tasks(limits.effectsUnderWayMax + 3));
    const held = holdEffects(workload);
    const { run, tick } = testAgent(workload);
    run();
    expect(workload.asked).toHaveLength(limits.effectsUnderWayMax);
    tick();
    expect(workload.asked).toHaveLength(limits.effectsUnderWayMax);
    await held.settle();
    await held.settle(new Error('no'));
    expect(workload.asked).toHaveLength(limits.effectsUnderWayMax + 2);
    while (held.tasks.length > 0) await held.settle();
    expect(workload.askedTexts).toEqual(workload.ids.map((id) => `REDUCE_CPU_THROTTLE ${id}`));
  });

  test('on a task waits for the one before it on that task, however that ends', async () => {
    const workload = new TestWorkload(['a', 'b']);
    const held = holdEffects(workload);
    const { run } = testAgent(workload);
    run(both);
    expect(workload.askedTexts).toEqual(['REDUCE_CPU_THROTTLE a', 'REDUCE_CPU_THROTTLE b']);
    await held.settle(new Error('broken'), 'b');
    expect(workload.askedTexts.slice(2)).toEqual(['REDUCE_MEMORY_CACHE b']);
    await held.settle({ applied: true }, 'a');
    expect(workload.askedTexts.slice(3)).toEqual(['REDUCE_MEMORY_CACHE a']);
  });

  test('begins in the row that its task has by then, and not for a task that has gone', async () => {
    const workload = new TestWorkload(['a', 'b', 'c', 'd']);
    const held = holdEffects(workload);
    const { run, tick } = testAgent(workload);
    run(both);
    const settle = async (task: TaskId, ids: TaskId[]) => {
      workload.ids = ids;
      await held.settle({ applied: true }, task);
    };
    await settle('b', ['new', 'b', 'c']);
    await settle('c', ['c', 'b']);
    await settle('a', ['c', 'b', 'a']);
    await settle('d', ['a', 'b', 'c']);
    expect(workload.asked.slice(4).map(({ task, row }) => [task, row])).toEqual([
      ['b', 1],
      ['c', 0],
      ['a', 2],
    ]);
    expect(tick().unapplied).toMatchObject({
      refused: 1,
      effects: [
        { task: 'd', kind: 'failed', reason: 'it was answered as applied to a task that is gone' },
        { task: 'd', kind: 'refused', reason: 'the task was gone before its turn came' },
      ],
    });
  });

  test('that has not begun when another program goes live never does, and may be proposed again later', async () => {
    const workload = new TestWorkload(['a']);
    const held = holdEffects(workload);
    const { agent, run, tick, undo } = testAgent(workload);
    run(both, 'instr_one');
    run(throttle, 'instr_two');
    workload.answer = () => ({ applied: true });
    await held.settle();
    tick();
    // That of the first instruction is in force, and not of the second one's window.
    expect(agent.report).toMatchObject({ instruction: 'instr_two', applied: 1 });
    expect(agent.metricsAt(0).applied).toBe(2);
    expect(workload.askedTexts).toEqual(['REDUCE_CPU_THROTTLE a', 'REDUCE_CPU_THROTTLE a']);
    await undo('instr_two');
    tick();
    expect(workload.askedTexts.at(-1)).toBe('REDUCE_MEMORY_CACHE a');
  });
});

describe('a capability', () => {
  const liars: [what: string, answer: (task: TaskId) => unknown, reason: RegExp][] = [
    ['throws', () => thrower('the socket is closed'), /^the socket is closed$/],
    ['throws what is no error', () => thrower(null), /^null$/],
    ['rejects', () => Promise.reject(new Error('no such queue')), /^no such queue$/],
    ['answers with nothing', () => undefined, /answered with undefined, which is no outcome/],
    ['answers with text', () => 'ok', /answered with "ok", which is no outcome/],
    ['promises what is no outcome', () => Promise.resolve({ done: true }), /which is no outcome/],
    ['answers applied: "yes"', () => ({ applied: 'yes' }), /applied: "yes", which is no outcome/],
    ['answers for another task', () => ({ applied: true, task: 'other' }), /for another task, "other"/],
    ['promises for another task', async () => ({ applied: true, task: 7 }), /for another task, 7/],
    ['answers what throws when it is read', () => hostile(), /^do not look$/],
  ];

  test.each(liars)('that %s costs that effect only', async (_, answer, reason) => {
    const workload = new TestWorkload(['a', 'b', 'c']);
    workload.answer = ({ task }) => (task === 'b' ? answer(task) : { applied: true, task });
    const { agent, run, tick } = testAgent(workload);
    expect(run()).toEqual(done);
    await settled();
    const { effects, unapplied, metrics } = tick();
    expect(effects).toEqual({ REDUCE_CPU_THROTTLE: 2 });
    expect(unapplied).toMatchObject({
      refused: 0,
      failed: 1,
      effects: [{ task: 'b', kind: 'failed', count: 1 }],
    });
    expect(unapplied?.effects[0]?.reason).toMatch(reason);
    expect(metrics).toMatchObject({ applied: 2, refused: 0 });
    expect(agent.report).toMatchObject({ applied: 2, refused: 0, errors: 1 });
    expect(agent.report?.lastError).toMatch(/^REDUCE_CPU_THROTTLE: /);
    tick();
    expect(workload.asked).toHaveLength(3);
  });

  test('that hangs is given up after the time that its action has, and told so by the signal', async () => {
    vi.useFakeTimers();
    const workload = new TestWorkload(['a'], { withinMs: { REDUCE_CPU_THROTTLE: 700 } });
    holdEffects(workload);
    const { run, tick } = testAgent(workload);
    run(both);
    const signal = workload.asked[0]?.signal;
    await vi.advanceTimersByTimeAsync(699);
    expect([signal?.aborted, workload.asked.length]).toEqual([false, 1]);
    await vi.advanceTimersByTimeAsync(1);
    expect([signal?.aborted, workload.asked.length]).toEqual([true, 2]);
    await vi.advanceTimersByTimeAsync(limits.effectWithinMs);
    const reasons = tick().unapplied?.effects.map(({ action, reason }) => `${action} ${reason}`);
    expect(reasons).toEqual([
      'REDUCE_CPU_THROTTLE it did not end within 0.7 s',
      'REDUCE_MEMORY_CACHE it did not end within 10 s',
    ]);
  });

  test('that refuses is told of with its reason, those of one reason together, and no more than a trace holds', () => {
    const workload = new TestWorkload(tasks(40));
    const long = 'x'.repeat(5_000);
    workload.answer = ({ row }) => ({ applied: false, reason: row < 10 ? 'is pinned' : `${row} ${long}` });
    const { run, tick } = testAgent(workload);
    run();
    const { unapplied, metrics } = tick();
    expect(metrics.refused).toBe(40);
    expect(unapplied?.refused).toBe(40);
    expect(unapplied?.effects).toHaveLength(limits.unappliedListedMax);
    expect(unapplied?.effects[0]).toEqual({
      ...{ action: 'REDUCE_CPU_THROTTLE', kind: 'refused', reason: 'is pinned', task: 'task-1', count: 10 },
    });
    const lengths = unapplied?.effects.map(({ reason }) => reason.length) ?? [];
    expect(Math.max(...lengths)).toBe(limits.effectReasonCharactersMax);
  });
});

describe('undo', () => {
  test('waits for what is under way, never begins what waits, and is done when it is taken back', async () => {
    const workload = new TestWorkload(['a', 'b']);
    const held = holdEffects(workload);
    const reverting = Promise.withResolvers<void>();
    workload.onRevert = () => reverting.promise;
    const { agent, run, undo } = testAgent(workload);
    run(both);
    const answered: unknown[] = [];
    const undone = undo().then((outcome) => answered.push(outcome));
    await settled();
    expect([agent.live, workload.reverted]).toEqual([undefined, []]);
    expect(workload.asked.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    await held.settle();
    expect(workload.reverted).toEqual([]);
    await held.settle(new Error('aborted'));
    expect([workload.reverted, answered]).toEqual([['instr_one'], []]);
    reverting.resolve();
    await undone;
    expect(answered).toEqual([done]);
    expect(workload.asked).toHaveLength(2);
  });

  test('takes back again what settles after it had waited long enough', async () => {
    vi.useFakeTimers();
    const workload = new TestWorkload(['a']);
    const held = holdEffects(workload);
    const { run, undo, tick } = testAgent(workload);
    run();
    const undone = undo();
    await vi.advanceTimersByTimeAsync(limits.effectsEndWithinMs);
    expect(await undone).toEqual(done);
    expect(workload.reverted).toEqual(['instr_one']);
    expect(tick().unapplied).toMatchObject({
      failed: 1,
      effects: [{ task: 'a', reason: 'its instruction was undone while it was under way' }],
    });
    workload.onRevert = () => thrower('the container is gone');
    await held.settle();
    expect(workload.reverted).toEqual(['instr_one', 'instr_one']);
    expect(tick().unapplied?.effects[0]?.reason).toMatch(/cannot be taken back: the container is gone/);
  });

  test('leaves alone what settles late for an instruction that is still in force, or again', async () => {
    vi.useFakeTimers();
    const workload = new TestWorkload(['a']);
    const held = holdEffects(workload);
    const { run, undo } = testAgent(workload);
    run();
    await vi.advanceTimersByTimeAsync(limits.effectWithinMs);
    await held.settle();
    expect(workload.reverted).toEqual([]);
    await undo();
    run(throttle, 'instr_one', { epoch: 6 });
    const undone = undo();
    await vi.advanceTimersByTimeAsync(limits.effectsEndWithinMs);
    await undone;
    run(throttle, 'instr_one', { epoch: 7 });
    expect(held.tasks).toEqual(['a', 'a']);
    await held.settle();
    expect(workload.reverted).toEqual(['instr_one', 'instr_one']);
  });

  test('that cannot be taken back says so, has ended the program, and tries again when it is asked again', async () => {
    const workload = new TestWorkload(['a']);
    workload.onRevert = async () => thrower('permission denied');
    const { agent, run, undo, tick } = testAgent(workload);
    run();
    const failed = { outcome: 'failed', code: 'DN630', reason: expect.stringContaining('permission denied') };
    expect(await undo()).toEqual(failed);
    workload.onRevert = () => thrower('permission denied');
    expect(await undo()).toEqual(failed);
    expect(agent.live).toBeUndefined();
    workload.onRevert = () => undefined;
    expect(await undo()).toEqual(done);
    expect(workload.reverted).toHaveLength(3);
    tick();
    expect(workload.asked).toHaveLength(1);
  });

  test('of an instruction that hangs is answered before the injector gives up, and holds nothing up', async () => {
    vi.useFakeTimers();
    const workload = new TestWorkload(['a', 'b']);
    holdEffects(workload);
    workload.onRevert = () => new Promise(() => undefined);
    const { run, undo, agent } = testAgent(workload);
    run(cache, 'instr_one');
    run(throttle, 'instr_two');
    const undone = undo('instr_two');
    const withinMs = limits.effectsEndWithinMs + limits.revertWithinMs;
    expect(withinMs).toBeLessThan(limits.acknowledgeWithinMs);
    await vi.advanceTimersByTimeAsync(withinMs);
    expect(await undone).toMatchObject({ outcome: 'failed', code: 'DN630' });
    expect(agent.live?.instruction).toBe('instr_one');
  });

  test('lets nothing begin before all is taken back', async () => {
    const workload = new TestWorkload(['a']);
    const reverting = Promise.withResolvers<void>();
    workload.onRevert = () => reverting.promise;
    const { run, undo, tick } = testAgent(workload);
    run(cache, 'instr_one');
    run(throttle, 'instr_two');
    const undone = undo('instr_two');
    workload.ids = ['a', 'b'];
    tick();
    expect(workload.asked).toHaveLength(2);
    reverting.resolve();
    await undone;
    expect(workload.askedTexts.slice(2)).toEqual(['REDUCE_MEMORY_CACHE b']);
  });

  test('takes back what an earlier life of the agent applied, though it does not hold the program', async () => {
    const workload = new TestWorkload(['a']);
    const { undo } = testAgent(workload);
    expect(await undo('instr_before')).toEqual(done);
    expect(workload.reverted).toEqual(['instr_before']);
  });
});

describe('a metric that tasks do not have', () => {
  test('is absent from ticks and windows, and what single tasks do not have is left out of the sums', () => {
    const workload = new TestWorkload(['a', 'b']);
    const view = workload.view.bind(workload);
    workload.view = () => ({
      ...view(),
      columns: { memory: Float64Array.of(4, Number.NaN), latency: new Float64Array(2).fill(Number.NaN) },
    });
    const { agent, run, tick } = testAgent(workload);
    tick();
    run();
    const { metrics } = tick();
    expect(JSON.parse(JSON.stringify(metrics))).toEqual({
      ...{ at: metrics.at, tasks: 2, memory: 4, applied: 2, refused: 0 },
    });
    expect(agent.report?.groups).toMatchObject([{ tasks: 2, sums: { memory: [4, 4] } }]);
    expect(Object.keys(agent.report?.groups[0]?.sums ?? {})).toEqual(['memory']);
    expect(agent.report).not.toHaveProperty('completed');
  });
});

function thrower(what: unknown): never {
  throw typeof what === 'string' ? new Error(what) : what;
}

function hostile(): ApplyOutcome {
  return Object.defineProperty({}, 'applied', { get: () => thrower('do not look') }) as ApplyOutcome;
}
