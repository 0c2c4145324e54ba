import { expect, it } from 'vitest';
import type { LeaderboardDocument } from '../../src/cli/views/leaderboard-view.js';
import type { ResultsDocument } from '../../src/cli/views/results-document.js';
import type { TraceDocument } from '../../src/cli/views/trace-view.js';
import type { LoopDocument } from '../../src/core/loop-document.js';
import { setUpCluster } from '../support/redis-cluster.js';
import { commandLine, goal } from './support.js';

const cluster = setUpCluster('');
const line = () => commandLine({ REDIS_URL: cluster.target.url ?? '' });

it('a whole loop runs on a cluster while slots move, and everything that reads it does', async () => {
  const cli = line();
  const running = cli.json<LoopDocument>(['run', goal, '--agents', '20', '--window', '6s', '--bake', '1s']);
  let ended = false;
  running
    .catch(() => undefined)
    .finally(() => {
      ended = true;
    });
  await expect.poll(() => cluster.redis.zcard(cluster.names.rollouts), { timeout: 20_000 }).toBe(1);
  const [id = ''] = await cluster.redis.zrange(cluster.names.rollouts, '0', '-1');
  const { names } = cluster;
  const moved = [names.rollout(id), names.acknowledgements(id), names.agents, names.results, names.epoch];
  for (const key of moved) await cluster.moveSlot(key);
  for (const agent of ['agent-0001', 'agent-0002']) await cluster.moveSlot(names.trace(agent));
  expect(ended, 'slots moved while it ran').toBe(false);
  const loop = await running;
  expect(loop.rollout).toMatchObject({ id, agents: 20, succeeded: 20, failed: 0, state: 'complete' });
  expect(loop.rewards).toMatchObject({ agents: 20, added: true });

  const { results } = await cli.json<ResultsDocument>(['results']);
  expect(results.map((result) => result.id)).toEqual([id]);
  const { boards } = await cli.json<LeaderboardDocument>(['leaderboard', 'points', '--count', '3']);
  expect(boards[0]?.agents).toHaveLength(3);
  const { traces } = await cli.json<TraceDocument>(['trace', 'agent-0001', '--count', '5']);
  expect(traces.length).toBeGreaterThan(0);
  expect((await cli.run(['watch', '--once'])).stdout).toContain('20 agents');
  expect(await refusals()).toEqual([]);
}, 90_000);

it('a fleet that stays takes what was decided, is rolled back and stops', async () => {
  const cli = line();
  await cli.json(['up', '--agents', '20']);
  const decided = await cli.json<{ decision: { instruction: { id: string } } }>([
    'decide',
    goal,
    '--window',
    '1s',
  ]);
  const { id } = decided.decision.instruction;
  const injected = await cli.json<LoopDocument>(['inject', '--batch', '10', '--bake', '0']);
  expect(injected.rollout).toMatchObject({ id, batches: 2, succeeded: 20 });
  await expect.poll(() => cluster.redis.exists(cluster.names.aggregate), { timeout: 10_000 }).toBe(1);
  const followed = cli.start(['trace', 'agent-0001', '--follow', '--jsonl']);
  let lines = '';
  followed.child.stdout?.on('data', (chunk) => {
    lines += chunk;
  });
  await expect.poll(() => lines, { timeout: 10_000 }).toContain('\n');
  followed.child.kill('SIGINT');
  await followed.ended;
  const status = await cli.json<{ agents: { alive: number } }>(['status']);
  expect(status.agents.alive).toBe(20);
  expect(await cli.json(['rollout', 'rollback', id])).toMatchObject({ state: 'rolled_back' });
  expect(await cli.json(['down'])).toMatchObject({ stopped: true });
  expect(await refusals()).toEqual([]);
}, 60_000);

it('doctor says that it is a cluster, and what is wrong with one of which a master is away', async () => {
  const cli = line();
  const redisCheck = (text: string) =>
    JSON.parse(text).checks.find(({ name }: { name: string }) => name === 'redis');
  const well = await cli.run(['doctor', '--json']);
  expect(redisCheck(well.stdout)).toMatchObject({
    ok: true,
    found: expect.stringContaining('answers: a cluster of 3 masters, all slots served'),
  });
  await cluster.masters[2]?.end('kill');
  await cluster.untilDown();
  const ill = await cli.run(['doctor', '--json']);
  expect(ill.code).toBe(6);
  expect(redisCheck(ill.stdout)).toMatchObject({
    ok: false,
    found: expect.stringMatching(/a cluster of \d masters, \d+ of 16384 slots served/),
  });
  const status = await cli.run(['results']);
  expect(status.code).toBe(6);
  expect(status.stderr).toContain('DN201');
  cluster.masters[2]?.start();
  await cluster.untilWhole();
}, 60_000);

/** Commands that servers refused because their keys belong to several slots. */
async function refusals(): Promise<string[]> {
  const stats = await Promise.all(cluster.masters.map(({ direct }) => direct.info('errorstats')));
  return stats.flatMap((text) => text.match(/errorstat_CROSSSLOT:.*/g) ?? []);
}
