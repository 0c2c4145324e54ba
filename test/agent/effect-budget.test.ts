import { describe, expect, test } from 'vitest';
import type { EffectBudget } from '../../src/core/agent/workload.js';
import { cache, throttle } from './support.js';
import { both, holdEffects, TestWorkload, testAgent } from './test-workload.js';

describe('a budget', () => {
  test('of effects per tick puts off what is beyond, tick by tick, until all is done', () => {
    const workload = new TestWorkload(['a', 'b', 'c', 'd', 'e'], { budget: { perTick: 2 } });
    const { agent, run, tick } = testAgent(workload);
    run();
    expect(workload.asked).toHaveLength(2);
    const told = [tick(), tick(), tick()];
    expect(told.map(({ effects }) => effects.REDUCE_CPU_THROTTLE)).toEqual([4, 1, undefined]);
    expect(told.map(({ unapplied }) => unapplied?.putOff)).toEqual([4, undefined, undefined]);
    expect(told[0]?.unapplied?.effects).toEqual([
      {
        action: 'REDUCE_CPU_THROTTLE',
        kind: 'put-off',
        reason: 'beyond the budget of 2 a tick',
        task: 'c',
        count: 4,
      },
    ]);
    expect(agent.report).toMatchObject({ applied: 5, refused: 0, errors: 0 });
  });

  test('of effects per task refuses what is beyond, told once, until another is taken back', async () => {
    const workload = new TestWorkload(['a'], { budget: { perTask: 1 } });
    const { run, tick, undo } = testAgent(workload);
    run(throttle, 'instr_one');
    run(cache, 'instr_two');
    const first = tick();
    expect(first).toMatchObject({
      effects: { REDUCE_CPU_THROTTLE: 1 },
      unapplied: {
        overBudget: 1,
        refused: 0,
        effects: [{ action: 'REDUCE_MEMORY_CACHE', reason: 'beyond the budget of 1 on one task' }],
      },
      metrics: { applied: 1, refused: 0 },
    });
    expect(tick().unapplied).toBeUndefined();
    await undo('instr_one');
    expect(tick().effects).toEqual({ REDUCE_MEMORY_CACHE: 1 });
  });

  test('of time between two effects on a task refuses the second until it has passed', () => {
    const workload = new TestWorkload(['a'], { budget: { cooldownMs: 5_000 } });
    const { run, tick } = testAgent(workload);
    run(both);
    const told = [1_000, 3_000, 999, 1].map((ms) => tick(ms));
    expect(told.map(({ effects }) => Object.keys(effects))).toEqual([
      ['REDUCE_CPU_THROTTLE'],
      [],
      [],
      ['REDUCE_MEMORY_CACHE'],
    ]);
    expect(told.map(({ unapplied }) => unapplied?.overBudget)).toEqual([1, undefined, undefined, undefined]);
    expect(told[0]?.unapplied?.effects[0]?.reason).toBe('beyond the budget of one on a task in 5 s');
  });

  test('is not used up by what a task refuses, but by what fails', () => {
    const workload = new TestWorkload(['a', 'b'], { budget: { perTask: 1, cooldownMs: 60_000 } });
    workload.answer = ({ task, action }) =>
      task === 'a' && action === 'REDUCE_CPU_THROTTLE'
        ? { applied: false, reason: 'no' }
        : action === 'REDUCE_CPU_THROTTLE'
          ? undefined
          : { applied: true };
    const { run } = testAgent(workload);
    run(both);
    expect(workload.askedTexts).toEqual([
      'REDUCE_CPU_THROTTLE a',
      'REDUCE_MEMORY_CACHE a',
      'REDUCE_CPU_THROTTLE b',
    ]);
  });

  test('counts an effect from when it is taken on, not from when it has settled', async () => {
    const workload = new TestWorkload(['a'], { budget: { perTask: 1 } });
    const held = holdEffects(workload);
    const { run, tick } = testAgent(workload);
    run(both);
    tick();
    await held.settle();
    expect(workload.askedTexts).toEqual(['REDUCE_CPU_THROTTLE a']);
  });

  test('forgets tasks that have gone', () => {
    const workload = new TestWorkload(['a'], { budget: { perTask: 1 } });
    const { run, tick } = testAgent(workload);
    run();
    for (let at = 0; at < 100; at++) {
      workload.ids = [`task-${at}`];
      tick();
    }
    workload.ids = ['a'];
    tick();
    expect(workload.askedTexts.filter((text) => text.endsWith(' a'))).toHaveLength(2);
  });

  test.each([{ perTick: -1 }, { perTask: 1.5 }, { cooldownMs: Number.NaN }, { perTick: '3' }])(
    'that is none, %j, is refused when the agent is made',
    (budget) => {
      const workload = new TestWorkload([], { budget: budget as EffectBudget });
      expect(() => testAgent(workload)).toThrow(expect.objectContaining({ code: 'DN631' }));
    },
  );
});
