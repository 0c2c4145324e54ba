/** A Redis Cluster that changes in mid-rollout: a master is replaced by its replica, or goes and comes back empty. */
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { connectRedis } from '../../../src/core/nerve/connection.js';
import { isServing } from '../../../src/core/nerve/serving.js';
import type { PipelineEvent } from '../../../src/core/pipeline-events.js';
import { startTestHost } from '../../agent/support.js';
import { type ClusterNode, startTestCluster, type TestCluster } from '../../support/redis-cluster.js';
import { coordinate, ended, recordOf } from '../support.js';

vi.setConfig({ testTimeout: 60_000 });

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await startTestCluster('fleet', { withReplica: true });
  await startTestHost(cluster, { hostId: 'host-1', firstAgent: 0, agents: 10 });
  await startTestHost(cluster, { hostId: 'host-2', firstAgent: 10, agents: 10 });
});
afterEach(() => cluster.stop());

/** The id of a rollout whose record this master keeps. */
async function rolloutOn(master: ClusterNode): Promise<string> {
  for (let at = 0; ; at++)
    if ((await cluster.masterOf(cluster.names.rollout(`instr_${at}`))) === master) return `instr_${at}`;
}

/** A rollout of four batches by a coordinator with a connection such as commands have; what it throws. */
async function rollOut(
  id: string,
  at: { readonly batch: number },
  change: () => Promise<void>,
): Promise<unknown> {
  const redis = await connectRedis(cluster.target, { patience: 'command', name: 'injector' });
  onTestFinished(() => redis.disconnect());
  let changing: Promise<void> | undefined;
  const report = (event: PipelineEvent) => {
    if (event.type === 'batch' && event.batch === at.batch) changing ??= change();
  };
  const { names } = cluster;
  const wish = { instruction: { id }, acknowledgeWithinMs: 20_000, report };
  const thrown = await ended(await coordinate({ redis, names }, wish));
  await changing;
  expect(changing, 'it changed while the rollout ran').toBeDefined();
  return thrown;
}

test('a rollout waits for the replica of the master that keeps its record, and goes on where it was', async () => {
  const [master] = cluster.masters as [ClusterNode];
  const id = await rolloutOn(master);
  const thrown = await rollOut(id, { batch: 2 }, async () => {
    await master.direct.wait(1, 1_000);
    await master.end('kill');
  });
  expect(thrown).toBeUndefined();
  const { record, agents } = await recordOf(cluster, id);
  expect(record).toMatchObject({ state: 'live', counts: { live: 19 } });
  expect(agents.size).toBe(20);
});

test('a master that comes back empty is given again what the rollout had written there', async () => {
  const master = cluster.masters[1] as ClusterNode;
  const id = await rolloutOn(master);
  const thrown = await rollOut(id, { batch: 4 }, async () => {
    await master.end('kill');
    master.start();
  });
  // An order that was under way to a host may be among what was lost: then its agents have failed.
  if (thrown !== undefined) expect(thrown).toMatchObject({ code: 'DN530' });
  await expect.poll(() => isServing(cluster.redis), { timeout: 15_000 }).toBe(true);
  const { record, agents } = await recordOf(cluster, id);
  expect(record.state).toBe(thrown === undefined ? 'live' : 'failed');
  expect(agents.size).toBe(20);
});
