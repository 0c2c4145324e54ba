import { describe, expect, test } from 'vitest';
import type { Host } from '../../../src/core/agent/host.js';
import { parsePlan, planText, savePlan } from '../../../src/core/injector/plan/plan-file.js';
import type { LoopContext } from '../../../src/core/loop-context.js';
import { readHold } from '../../../src/core/nerve/rollout-holds.js';
import { type InjectRequest, inject, previewInject, resumeRequest } from '../../../src/core/pipeline.js';
import type { PipelineEvent } from '../../../src/core/pipeline-events.js';
import { cacheAll, key, newKey, startTestHost, throttleAll } from '../../agent/support.js';
import { instructionOf, recordOf, sentOrders, setUpTwoHosts, timesTold } from '../support.js';

const { server, hosts } = setUpTwoHosts();

function contextOf(change: Partial<LoopContext> = {}): LoopContext {
  return {
    ...{ redis: server.redis, names: server.names, key, name: 'test', clock: Date.now, random: Math.random },
    ...{ report: () => undefined, signal: new AbortController().signal },
    ...change,
  };
}

const instruction = (change: Parameters<typeof instructionOf>[0] = {}) =>
  instructionOf({ target_agents: 20, ...change });
const quick = { bakeMs: 0, windowMs: 1_000, maxFailures: '0' } as const;
const preview = (request: Partial<InjectRequest> = {}) =>
  previewInject(contextOf(), { instruction: instruction(), ...quick, ...request });

/** What agents do not write themselves. */
async function written(): Promise<string[]> {
  const keys = await server.redis.keys('*');
  return keys
    .filter((name) => !/:(agent|tasks|trace|trace-names):|:process$|swarm:agents$/.test(name))
    .sort();
}

/** Stopped after the first batch. */
async function interrupted(request: Partial<InjectRequest>): Promise<void> {
  const controller = new AbortController();
  const report = (event: PipelineEvent) => {
    if (event.type === 'batch') controller.abort();
  };
  const context = contextOf({ report, signal: controller.signal });
  const running = inject(context, { instruction: instruction(), ...quick, ...request });
  await expect(running).rejects.toMatchObject({ code: 'DN531' });
}

describe('a look at a rollout', () => {
  test.each([
    [{ canary: '20', batch: '5' }, ['--canary 20 is all of the 20 agents']],
    [{ canary: '19', batch: '5' }, []],
    [{ canary: '0', batch: '5' }, []],
    [{ batch: '5', parallel: 5 }, ['--parallel 5 is more than the batches that there are (4)']],
    [{ batch: '5', parallel: 4 }, []],
    [{ canary: '500', parallel: 99 }, ['--canary 500 is all', '--parallel 99 is more']],
    [{ canary: '5', parallel: 99, limit: '1' }, []],
  ])('with %j tells which of them change nothing', async (wishes, warnings) => {
    const { draft } = await preview(wishes);
    expect(draft.warnings).toEqual(warnings.map((text) => expect.stringContaining(text)));
  });

  test('writes nothing, and says what the rollout then does', async () => {
    const before = await written();
    const { draft, program } = await preview({
      batch: '4',
      canary: '2',
      exclude: ['agent-0003'],
      parallel: 2,
    });
    expect(await written()).toEqual(before);
    expect(draft.numbers).toMatchObject({
      ...{ agents: 19, heldOut: 1, canary: 2, batches: 6, parallel: 2, stopsAtFailure: 1 },
      sizes: [
        { agents: 2, batches: 1 },
        { agents: 4, batches: 4 },
        { agents: 1, batches: 1 },
      ],
    });
    const events: PipelineEvent[] = [];
    const outcome = await inject(contextOf({ report: (event) => void events.push(event) }), {
      ...{ instruction: instruction(), ...quick, batch: '4', canary: '2' },
      ...{ exclude: ['agent-0003'], parallel: 2 },
    });
    expect(events.find(({ type }) => type === 'planned')).toMatchObject({ numbers: draft.numbers });
    expect(outcome.rollout.program.digest).toBe(program.digest);
    const { agents } = await recordOf(server);
    expect([...agents.keys()].sort()).toEqual(draft.plan.agents.map(({ id }) => id).sort());
    for (const { id, batch, heldOut } of draft.plan.agents)
      expect(agents.get(id)).toMatchObject({ batch, heldOut });
  });

  test('says when the last tolerated failure is passed, exactly', async () => {
    for (const [maxFailures, stopsAtFailure] of [
      ['0', 1],
      ['10%', 3],
      ['9.9%', 2],
      ['19', 20],
      ['20', null],
      ['100%', null],
    ] as const)
      expect((await preview({ maxFailures })).draft.numbers, maxFailures).toMatchObject({ stopsAtFailure });
  });

  test('of nobody says which selectors met nobody', async () => {
    await expect(preview({ selector: 'role=poet' })).rejects.toMatchObject({
      code: 'DN504',
      message: expect.stringContaining('role=poet'),
    });
    await expect(preview({ exclude: ['id!=x'] })).rejects.toMatchObject({ code: 'DN504' });
  });
});

describe('a resumed rollout', () => {
  test('goes on with the numbers that it was begun with, unless told otherwise', async () => {
    await interrupted({
      batch: '3',
      parallel: 2,
      canary: '1',
      acknowledgeWithinMs: 3_000,
      autoRollback: false,
    });
    const asked = { batch: '3', parallel: 2, canary: '1', acknowledgeWithinMs: 3_000, autoRollback: false };
    expect((await recordOf(server)).record.options).toMatchObject(asked);
    const resumed = await resumeRequest(contextOf(), 'instr_one');
    const { draft } = await previewInject(contextOf(), resumed);
    expect(draft.settings).toMatchObject(asked);
    expect(draft.plan.batches[1]).toHaveLength(3);
    expect(draft.already.size).toBeGreaterThan(0);
    await inject(contextOf(), { ...resumed, batch: '20' });
    const { record } = await recordOf(server);
    expect(record).toMatchObject({ state: 'complete', options: { ...asked, batch: '20' } });
    expect(record.counts).toMatchObject({ pending: 0, failed: 0 });
  });

  test('leaves out whom it is told to, says so, and asks them when it is resumed without that', async () => {
    await interrupted({ batch: '3' });
    const { agents } = await recordOf(server);
    const open = [...agents].filter(([, { outcome }]) => outcome === 'pending').map(([id]) => id);
    const [spared = '', ...others] = open;
    const resumed = await resumeRequest(contextOf(), 'instr_one');
    const controller = new AbortController();
    const report = (event: PipelineEvent) => {
      if (event.type === 'live') controller.abort();
    };
    const narrowed = { ...resumed, ...quick, exclude: [spared] };
    await expect(inject(contextOf({ report, signal: controller.signal }), narrowed)).rejects.toMatchObject({
      code: 'DN532',
    });
    const after = await recordOf(server);
    expect(after.agents.get(spared)).toMatchObject({
      ...{ outcome: 'skipped', code: 'DN546', reason: `excluded by --exclude ${spared}` },
    });
    const told = timesTold(await sentOrders(server, 'host-1', 'host-2'), 'stage');
    expect(told.has(spared)).toBe(false);
    for (const id of others) expect(told.get(id), id).toBe(1);
  });

  test('with a limit asks so many of those that are open', async () => {
    await interrupted({ batch: '5' });
    const resumed = await resumeRequest(contextOf(), 'instr_one');
    const { draft } = await previewInject(contextOf(), { ...resumed, limit: '4' });
    expect(draft.plan.agents).toHaveLength(draft.already.size + 4);
    expect(draft.leftOut).toHaveLength(20 - draft.already.size - 4);
  });
});

describe('a saved plan', () => {
  const saved = async (request: Partial<InjectRequest> = {}) =>
    parsePlan(planText(savePlan(await preview(request), Date.now())), 'plan.json');
  const rollOut = (plan: Awaited<ReturnType<typeof saved>>) =>
    inject(contextOf(), { instruction: plan.instruction, windowMs: plan.windowMs, plan });

  test('is rolled out as it is, and once', async () => {
    const plan = await saved({ limit: '7', batch: '3', parallel: 2 });
    const { rollout } = await rollOut(plan);
    expect(rollout).toMatchObject({
      state: 'complete',
      agents: 7,
      batches: 3,
      options: { parallel: 2, limit: '7' },
    });
    const { agents } = await recordOf(server);
    expect(plan.agents.map(({ id, heldOut }) => [id, heldOut]).sort()).toEqual(
      [...agents].map(([id, { heldOut }]) => [id, heldOut]).sort(),
    );
    await expect(rollOut(plan)).rejects.toMatchObject({ code: 'DN512' });
  });

  test('is refused with how many have left, joined, moved or run something else, and some of them by name', async () => {
    const plan = await saved({ limit: '50%' });
    await inject(contextOf(), {
      instruction: instruction({ id: 'other', selector: 'id=agent-0001' }),
      ...quick,
    });
    await hosts[1]?.stop();
    await startTestHost(server, { hostId: 'host-3', firstAgent: 18, agents: 4 });
    const before = await written();
    await expect(rollOut(plan)).rejects.toMatchObject({
      ...{ code: 'DN550', kind: 'bad-input' },
      message:
        'The fleet is not what it was when this plan was made: 8 left (agent-0011, agent-0012, agent-0013, …); 2 joined (agent-0021, agent-0022); 1 run another program (agent-0001); 2 moved to another host (agent-0019, agent-0020).',
    });
    expect(await written()).toEqual(before);
  });

  test('is refused where some of its agents cannot be reached', async () => {
    const { redis, names } = server;
    await redis.hset(names.agent('agent-0001'), 'transport', 'volume');
    const transports = { volume: () => Promise.reject(new Error('nothing is sent')) };
    const { draft, ...rest } = await previewInject(contextOf({ transports }), {
      instruction: instruction(),
      ...quick,
    });
    const plan = parsePlan(planText(savePlan({ draft, ...rest }, Date.now())), 'plan.json');
    await expect(rollOut(plan)).rejects.toMatchObject({ code: 'DN537' });
    expect(await redis.exists(names.rollout(plan.instruction.id))).toBe(0);
  });

  test('whose program now compiles to other bytes is refused', async () => {
    const plan = await saved();
    const other = newKey();
    const signedAnew = inject(contextOf({ key: { ...key, ...other } }), {
      instruction: plan.instruction,
      plan,
    });
    await expect(signedAnew).rejects.toMatchObject({
      code: 'DN551',
      message: expect.stringContaining(plan.digest),
    });
    const changed = { ...plan, instruction: { ...plan.instruction, program: { source: cacheAll } } };
    await expect(rollOut(changed)).rejects.toMatchObject({ code: 'DN551' });
    expect(await sentOrders(server, 'host-1', 'host-2')).toEqual([]);
  });

  test('admits nobody who joins while it is rolled out', async () => {
    const plan = await saved();
    let late: Promise<Host> | undefined;
    const report = (event: PipelineEvent) => {
      if (event.type === 'live')
        late = startTestHost(server, { hostId: 'host-3', firstAgent: 20, agents: 2 });
    };
    await inject(contextOf({ report }), { instruction: plan.instruction, windowMs: plan.windowMs, plan });
    expect((await late)?.agents.every(({ live }) => live === undefined)).toBe(true);
    expect((await recordOf(server)).record.agents).toBe(20);
  });

  test('says nothing of the source of its program that would not be in the instruction', async () => {
    expect((await saved()).instruction.program?.source).toBe(throttleAll);
  });
});

describe('a rollout that has been claimed', () => {
  test('goes live although the aggregate cannot be read, and is let go of when measuring fails for that', async () => {
    await server.redis.set(server.names.aggregate, 'not a hash');
    const running = inject(contextOf(), { instruction: instruction(), ...quick });
    await expect(running).rejects.toThrow('WRONGTYPE');
    expect((await recordOf(server)).record).toMatchObject({ state: 'live', counts: { live: 19 } });
    expect((await readHold(server.redis, server.names, 'instr_one')).held).toBe(false);
  });

  test('is let go of, whatever goes wrong before its first order', async () => {
    const report = (event: PipelineEvent) => {
      if (event.type === 'planned') throw new Error('nobody can be told');
    };
    const running = inject(contextOf({ report }), { instruction: instruction(), ...quick });
    await expect(running).rejects.toThrow('nobody can be told');
    const hold = await readHold(server.redis, server.names, instruction().id);
    expect(hold).toMatchObject({ holder: 'test', held: false });
  });
});

test('agents that join in the window are in the rollout, and not in the comparison', async () => {
  const report = (event: PipelineEvent) => {
    if (event.type === 'live')
      startTestHost(server, { hostId: 'host-3', firstAgent: 20, agents: 2 }).catch(() => undefined);
  };
  const outcome = await inject(contextOf({ report }), {
    instruction: instruction(),
    ...quick,
    windowMs: 4_000,
  });
  expect(outcome.rollout).toMatchObject({ state: 'complete', agents: 22, heldOut: 1 });
  expect((await recordOf(server)).agents.get('agent-0021')).toMatchObject({ outcome: 'live', joined: true });
  expect(outcome.result.execution.agentsReporting).toBe(20);
  expect(outcome.result).toMatchObject({ agents: 22, failed: 0 });
});
