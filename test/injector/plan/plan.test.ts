import { describe, expect, test } from 'vitest';
import { type PlanOptions, planRollout, type Target } from '../../../src/core/injector/plan/plan.js';
import { seededRandom } from '../../support/seeded-random.js';

function fleet(agents: number): Target[] {
  return Array.from({ length: agents }, (_, at) => ({
    id: `agent-${at + 1}`,
    host: `host-${at % 2}`,
    transport: 'bus' as const,
  }));
}

function planOf(agents: number, change: Partial<PlanOptions> = {}) {
  const targets = fleet(agents);
  return planRollout({
    instructionId: 'instr_x',
    selector: '',
    targets,
    batch: '10',
    maxFailures: '0',
    ...change,
  });
}

describe('a plan', () => {
  test('cuts the reference fleet into 116 batches, the last one smaller', () => {
    const { batches, agents, heldOut } = planOf(1_159);
    expect(batches.map(({ length }) => length)).toEqual([...Array<number>(115).fill(10), 9]);
    expect(new Set(agents.map(({ id }) => id)).size).toBe(1_159);
    expect(heldOut).toBe(58);
    expect(agents.filter((agent) => agent.heldOut)).toHaveLength(58);
  });

  test('takes the listed sizes in turn and repeats the last', () => {
    expect(planOf(100, { batch: '1,10,25%' }).batches.map(({ length }) => length)).toEqual([
      1, 10, 25, 25, 25, 14,
    ]);
    expect(planOf(3, { batch: '500' }).batches.map(({ length }) => length)).toEqual([3]);
  });

  test.each([
    [1, 0],
    [2, 1],
    [3, 1],
    [20, 1],
    [30, 2],
    [1_159, 58],
  ])('of %i agents holds %i out', (agents, heldOut) => {
    expect(planOf(agents).heldOut).toBe(heldOut);
  });

  test('holds out nobody when asked to, and never everybody', () => {
    expect(planOf(100, { holdOutShare: 0 }).heldOut).toBe(0);
    expect(planOf(5, { holdOutShare: 1 }).heldOut).toBe(4);
  });

  test.each([
    ['3', '10', [3, 10, 10, 7], 3],
    ['10%', '10', [3, 10, 10, 7], 3],
    ['1', '1,10,25%', [1, 1, 10, 8, 8, 2], 1],
    ['0', '10', [10, 10, 10], 0],
    ['40', '10', [30], 0],
    [undefined, '10', [10, 10, 10], 10],
    [undefined, '30', [30], 0],
  ])('of 30 agents with canary %s and batches of %s', (canary, batch, sizes, watched) => {
    const plan = planOf(30, { canary, batch });
    expect(plan.batches.map(({ length }) => length)).toEqual(sizes);
    expect(plan.canary).toBe(watched);
  });

  test('keeps the order of its targets when they come best first, and still holds some out by chance', () => {
    const { agents, heldOut } = planOf(100, { inOrder: true });
    const ids = fleet(100).map(({ id }) => id);
    expect(agents.slice(1).map(({ id }) => id)).toEqual(expect.arrayContaining(ids.slice(2)));
    const moved = agents.filter(({ id }, at) => id !== ids[at]).length;
    expect(moved, 'only a held-out first agent changes its place').toBeLessThanOrEqual(2);
    expect(heldOut).toBe(5);
  });

  test('is the same for the same instruction, and another one for another', () => {
    expect(planOf(200)).toEqual(planOf(200));
    const order = (id: string) => planOf(200, { instructionId: id }).agents.map((agent) => agent.id);
    expect(order('instr_x')).not.toEqual(order('instr_y'));
    expect(order('instr_x')).not.toEqual(fleet(200).map(({ id }) => id));
  });

  test('of nobody is refused with the selector that matched nobody', () => {
    expect(() => planOf(0, { selector: 'role=poet' })).toThrow(
      expect.objectContaining({
        code: 'DN504',
        message: 'The selector "role=poet" matches no living agent.',
      }),
    );
    expect(() => planOf(0)).toThrow(
      expect.objectContaining({ code: 'DN504', message: 'No agents are alive.' }),
    );
  });

  test('has a canary that runs the program and every agent once, whatever is asked for', () => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
    const random = seededRandom(seed);
    for (let round = 0; round < 500; round++) {
      const agents = 2 + random.below(60);
      const holdOutShare = random.pick([0.05, 0.3, 0.9]);
      const batch = random.pick(['1', '2', '1,10,25%', '50%', '7']);
      const plan = planOf(agents, { instructionId: `instr_${round}`, holdOutShare, batch });
      const shown = `SEED=${seed} round ${round}: ${agents} agents, ${holdOutShare}, --batch ${batch}`;
      expect(
        plan.batches[0]?.some(({ heldOut }) => !heldOut),
        shown,
      ).toBe(true);
      expect(new Set(plan.agents.map(({ id }) => id)).size, shown).toBe(agents);
      expect(plan.agents.filter(({ heldOut }) => heldOut).length, shown).toBe(plan.heldOut);
      expect(plan.batches.flat(), shown).toEqual(plan.agents);
      expect(
        plan.batches.every((members, at) => members.every((agent) => agent.batch === at)),
        shown,
      ).toBe(true);
    }
  });
});

test('only agents that report measurements are held out', () => {
  const targets = Array.from({ length: 200 }, (_, at) => ({
    ...{ id: `agent-${at}`, host: 'host-1', transport: 'bus' as const },
    workload: at < 160 ? 'external' : 'simulated',
  }));
  const plan = planRollout({
    ...{ instructionId: 'instr_one', selector: '', targets, batch: '10', maxFailures: '0' },
  });
  const held = plan.agents.filter(({ heldOut }) => heldOut).map(({ id }) => Number(id.slice(6)));
  expect(plan.heldOut).toBe(2);
  expect(held.filter((at) => at >= 160)).toHaveLength(2);
});

describe('the hold-out', () => {
  const targets = Array.from({ length: 400 }, (_, at) => ({
    ...{ id: `agent-${at}`, host: 'host-1', transport: 'bus' as const, workload: 'simulated' },
    labels: {
      class: at < 300 ? 'web' : at < 380 ? 'batch' : 'stream',
      region: at % 2 === 0 ? 'north' : 'south',
    },
  }));
  const heldOutOf = (id: string) =>
    planRollout({
      ...{ instructionId: id, selector: '', targets, batch: '10', maxFailures: '0' },
    }).agents.flatMap((agent) => (agent.heldOut ? [Number(agent.id.slice(6))] : []));

  test('is of each kind of agent in proportion, to within one', () => {
    for (let round = 0; round < 50; round++) {
      const held = heldOutOf(`instr_${round}`);
      const of = (isMeant: (at: number) => boolean) => held.filter(isMeant).length;
      expect(held).toHaveLength(20);
      for (const half of [0, 1]) {
        expect(Math.abs(of((at) => at < 300 && at % 2 === half) - 7.5)).toBeLessThanOrEqual(1);
        expect(Math.abs(of((at) => at >= 300 && at < 380 && at % 2 === half) - 2)).toBeLessThanOrEqual(1);
        expect(Math.abs(of((at) => at >= 380 && at % 2 === half) - 0.5)).toBeLessThanOrEqual(1);
      }
    }
  });

  test('may be anybody, nobody more likely than others', () => {
    const times = new Array(400).fill(0);
    for (let round = 0; round < 2_000; round++) for (const at of heldOutOf(`instr_${round}`)) times[at]++;
    // 100 each on the average, give or take 10.
    expect(Math.min(...times)).toBeGreaterThan(55);
    expect(Math.max(...times)).toBeLessThan(150);
  });
});
