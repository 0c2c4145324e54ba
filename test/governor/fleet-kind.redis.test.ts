import { afterAll, beforeAll, expect, it } from 'vitest';
import { fleetKindOf } from '../../src/core/governor/fleet-kind.js';
import { readMemory, writeLearned } from '../../src/core/governor/memory.js';
import { dockerHost, referenceFleet } from '../../src/core/language/capabilities.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis?.stop());

it('gives agents of containers playbooks that all of them can run, and others theirs', () => {
  const containers = fleetKindOf([{ workload: 'docker' }, { workload: 'docker' }]);
  expect(containers.capabilities).toBe(dockerHost);
  expect(containers.playbooks.map(({ name }) => name)).toEqual(['container_cost', 'container_memory']);
  const offered = new Set(dockerHost.actions.map(({ name }) => name));
  for (const { program } of containers.playbooks)
    for (const { name } of program.manifest.actions) expect(offered).toContain(name);
  for (const mixed of [[{ workload: 'simulated' }], [{ workload: 'docker' }, { workload: 'simulated' }], []])
    expect(fleetKindOf(mixed)).toMatchObject({ capabilities: referenceFleet });
});

it('keeps what was learned of containers apart from what was learned of others', async () => {
  const { names } = redis;
  const [size] = (await readMemory(redis.redis, names, dockerHost)).effectSizes;
  if (size === undefined) throw new Error('containers have effects');
  await writeLearned(redis.redis, names, {
    ...{ resultId: 'instr_1', family: 'COST_OPTIMIZATION', nextVersion: 2, capabilities: dockerHost },
    sizes: [{ ...size, mean: -0.9, results: 1 }],
  });
  const meanIn = async (capabilities: typeof dockerHost) =>
    (await readMemory(redis.redis, names, capabilities)).effectSizes.find(
      ({ action, metric }) => action === size.action && metric === size.metric,
    );
  expect(await meanIn(dockerHost)).toMatchObject({ mean: -0.9, results: 1 });
  expect(await meanIn(referenceFleet)).toMatchObject({ results: 0 });
});
