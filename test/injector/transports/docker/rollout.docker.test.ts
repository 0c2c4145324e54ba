/** Rollouts over real containers, by each route. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../../../src/core/bytecode/digest.js';
import type { TestAgent, TestEngine } from '../../../support/docker-engine.js';
import { useEngine } from '../../../support/docker-engine.js';
import { startTestRedis, type TestRedis } from '../../../support/redis.js';
import { recordOf } from '../../support.js';
import { coordinateContainers } from './support.js';

let server: TestRedis;
let engine: TestEngine;
beforeAll(async () => {
  [server, engine] = await Promise.all([startTestRedis(), useEngine()]);
});
afterAll(() => Promise.all([server.stop(), engine.stop()]));
beforeEach(async () => {
  await server.clear();
  return () => engine.removeContainers();
});

const other = 'FUNC other() {\n  FOR EACH task IN task_queue {\n    REDUCE_CPU_THROTTLE(task, 5%)\n  }\n}\n';

describe.each(['direct', 'api'] as const)('by the route %s', (route) => {
  it('injects the program, confirmed by each agent, and brings back what was there', async () => {
    const agents = await engine.startAgents(3);
    const { rollout } = await coordinateContainers(server, engine, { route, batch: '2' });
    await rollout.run();
    const { record, agents: states } = await recordOf(server);
    expect(record.counts.live).toBe(3);
    for (const agent of agents) {
      expect(states.get(agent.id)).toMatchObject({ outcome: 'live', route });
      expect(await digestIn(agent)).toBe(record.program.digest);
      expect(await agent.run('stat', '-c', '%a', '/injected-programs/program.bc')).toBe('755\n');
    }
    await rollout.complete({ verdict: 'good' });
    const second = await coordinateContainers(server, engine, { route, id: 'instr_two', source: other });
    await second.rollout.run();
    expect((await recordOf(server, 'instr_two')).record.counts.live).toBe(3);
    await second.rollout.complete({ verdict: 'harmful', reason: 'a test' });
    for (const agent of agents) expect(await digestIn(agent)).toBe(record.program.digest);
  });
});

it('gives nobody bytes that are not those of the program', async () => {
  const [agent] = await engine.startAgents(1);
  const { rollout } = await coordinateContainers(server, engine, { route: 'api', maxFailures: '100%' });
  const { digest } = rollout.record.program;
  await server.redis.set(server.names.program(digest), 'somebody wrote to Redis');
  await rollout.run();
  expect((await recordOf(server)).agents.get('agent-1')).toMatchObject({ outcome: 'failed', code: 'DN585' });
  await expect(agent?.run('stat', '/injected-programs/program.bc')).rejects.toThrow('No such file');
});

it('brings back nothing that only somebody who writes to Redis says was there', async () => {
  const agents = await engine.startAgents(2);
  const { rollout } = await coordinateContainers(server, engine);
  await rollout.run();
  const { redis, names } = server;
  const evil = Buffer.from('the program of somebody else');
  const forged = { epoch: 1, former: [{ digest: digestOf(evil) }], undone: {}, observing: false };
  const { digest } = rollout.record.program;
  const held = JSON.stringify({ ...forged, live: { instruction: 'instr_one', digest } });
  await redis.set(names.program(digestOf(evil)), evil);
  const signed = JSON.parse((await redis.hget(names.agent('agent-1'), 'held')) ?? '');
  await redis.hset(names.agent('agent-1'), 'held', JSON.stringify({ ...signed, held }));
  await rollout.complete({ verdict: 'harmful', reason: 'a test' });
  const states = (await recordOf(server)).agents;
  expect(states.get('agent-1')).toMatchObject({
    ...{ outcome: 'failed', code: 'DN584' },
    reason: 'what it had before is not known: its record in Redis is not believed, it is not what was signed',
  });
  expect(states.get('agent-2')).toMatchObject({ outcome: 'rolled_back' });
  expect(await Promise.all(agents.map(digestIn))).toEqual([digest, digestOf(new Uint8Array())]);
});

async function digestIn(agent: TestAgent): Promise<string> {
  return `sha256:${(await agent.run('sha256sum', '/injected-programs/program.bc')).slice(0, 64)}`;
}
