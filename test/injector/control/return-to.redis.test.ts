import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Host } from '../../../src/core/agent/host.js';
import { planReturn, returnTo } from '../../../src/core/injector/control/return-to.js';
import type { SteerDependencies } from '../../../src/core/injector/control/steer.js';
import { cacheAll, key, startTestHost, throttleAll } from '../../agent/support.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';
import { coordinate, recordOf, sentOrders, steerFrom, timesTold } from '../support.js';

let server: TestRedis;
let host: Host;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.clear();
  host = await startTestHost(server, { hostId: 'host-1', firstAgent: 0, agents: 6 });
});

const dependencies = (): SteerDependencies => ({
  ...{
    redis: server.redis,
    names: server.names,
    key,
    name: 'terminal-2',
    clock: Date.now,
    random: Math.random,
  },
  report: () => undefined,
  signal: new AbortController().signal,
});
const request = { by: 'ana@ops-3', acknowledgeWithinMs: 1_000 };

/** A whole rollout; `without` leaves agents out of it. */
async function rolledOut(id: string, change: { source?: string; without?: readonly string[] } = {}) {
  const { rollout } = await coordinate(server, {
    instruction: { id, program: { source: change.source ?? throttleAll } },
    ...(change.without === undefined ? {} : { without: change.without }),
  });
  await rollout.run();
  await rollout.complete({ verdict: 'good' });
  await rollout.close();
}

const running = (id: string) => host.agents.filter(({ live }) => live?.instruction === id).length;

test('takes back what has come since, newest first, and the earlier program runs again', async () => {
  await rolledOut('instr_one');
  await rolledOut('instr_two', { source: cacheAll });
  await rolledOut('instr_three');
  const plan = await planReturn(dependencies(), 'instr_one');
  expect(plan.since.map(({ id }) => id)).toEqual(['instr_three', 'instr_two']);
  expect(plan.agents).toHaveLength(6);
  expect(plan.forgotten).toEqual([]);
  const before = timesTold(await sentOrders(server, 'host-1'), 'stage').size;
  const { takenBack, running: now } = await returnTo(dependencies(), plan, request);
  expect(takenBack.map(({ record }) => [record.id, record.state])).toEqual([
    ['instr_three', 'rolled_back'],
    ['instr_two', 'rolled_back'],
  ]);
  expect(now).toBe(6);
  expect(running('instr_one')).toBe(6);
  // Nothing is staged and no canary goes first: the agents hold the program.
  expect(timesTold(await sentOrders(server, 'host-1'), 'stage').size).toBe(before);
  expect((await recordOf(server, 'instr_one')).record.state).toBe('complete');
});

test('asked again, it finds nothing to take back', async () => {
  await rolledOut('instr_one');
  await rolledOut('instr_two');
  await returnTo(dependencies(), await planReturn(dependencies(), 'instr_one'), request);
  const again = await planReturn(dependencies(), 'instr_one');
  expect(again.since).toEqual([]);
  expect(await returnTo(dependencies(), again, request)).toMatchObject({ takenBack: [], running: 6 });
});

test('leaves a rollout alone that has none of its agents', async () => {
  const ids = host.agents.map(({ id }) => id);
  await rolledOut('instr_one', { without: ids.slice(3) });
  await rolledOut('instr_two', { without: ids.slice(0, 3) });
  expect((await planReturn(dependencies(), 'instr_one')).since).toEqual([]);
});

test('says which agents hold the program no more, and refuses when none does', async () => {
  await rolledOut('instr_one');
  await rolledOut('instr_two');
  const { redis, names } = server;
  await redis.hset(names.agent(host.agents[0]?.id ?? ''), 'former', '[]');
  const plan = await planReturn(dependencies(), 'instr_one');
  expect(plan.forgotten).toEqual([host.agents[0]?.id]);
  expect(plan.agents).toHaveLength(5);
  for (const { id } of host.agents) await redis.hset(names.agent(id), 'former', '[]');
  await expect(planReturn(dependencies(), 'instr_one')).rejects.toMatchObject({ code: 'DN538' });
});

test('refuses to return to a rollout that was itself taken back', async () => {
  await rolledOut('instr_one');
  await steerFrom(server, 'rollback');
  await rolledOut('instr_two');
  await expect(planReturn(dependencies(), 'instr_one')).rejects.toMatchObject({ code: 'DN538' });
  await expect(planReturn(dependencies(), 'instr_none')).rejects.toMatchObject({ code: 'DN506' });
});
