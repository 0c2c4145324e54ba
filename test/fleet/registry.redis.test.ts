import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { listAgents, selectAgents } from '../../src/core/fleet/registry.js';
import { limits } from '../../src/core/limits.js';
import { readAgentRecords } from '../../src/core/nerve/agent-records.js';
import { agentRecord, digest, nowMs, putAgents } from '../orchestrator/fleet-fixture.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

const list = () => listAgents(server.redis, server.names, nowMs);
const ids = async () => (await list()).map(({ id }) => id);

test('agents are listed by id with what is needed to choose and address them', async () => {
  await putAgents(server, [agentRecord('b'), agentRecord('a', { live: digest, status: 'live' })]);
  expect(await list()).toEqual([
    {
      ...{
        id: 'a',
        host: 'host-1',
        transport: 'bus',
        labels: { role: 'worker' },
        workload: 'simulated',
        status: 'live',
        live: digest,
      },
      ...{ heartbeatMs: nowMs, alive: true },
    },
    expect.objectContaining({ id: 'b', status: 'idle', live: undefined }),
  ]);
});

test('what an agent offers is known by its digest; what is none counts as nothing, and hides nobody', async () => {
  await putAgents(server, [
    agentRecord('a', { offer: digest }),
    agentRecord('b'),
    agentRecord('c', { offer: 'x' }),
  ]);
  expect((await list()).map(({ id, offer }) => [id, offer])).toEqual([
    ['a', digest],
    ['b', undefined],
    ['c', undefined],
  ]);
  const records = await readAgentRecords(server.redis, server.names, ['a', 'c']);
  expect(records.map((record) => record && [record.id, record.offer])).toEqual([
    ['a', digest],
    ['c', undefined],
  ]);
});

test('an agent is alive until its last heartbeat is too old', async () => {
  await putAgents(server, [agentRecord('a')], nowMs - limits.agentAliveMs + 1);
  await putAgents(server, [agentRecord('b')], nowMs - limits.agentAliveMs);
  expect((await list()).map(({ alive }) => alive)).toEqual([true, false]);
  expect(
    (await selectAgents(server.redis, server.names, { selector: '', nowMs })).map(({ id }) => id),
  ).toEqual(['a']);
});

test('a selector chooses among the living', async () => {
  await putAgents(server, [agentRecord('a', { labels: { role: 'poet' } }), agentRecord('b')]);
  const selected = await selectAgents(server.redis, server.names, { selector: 'role=poet', nowMs });
  expect(selected.map(({ id }) => id)).toEqual(['a']);
});

test('damaged records are left out and hide nobody else', async () => {
  await putAgents(
    server,
    ['a', 'gone', 'text', 'nohost', 'badhost', 'badlabels', 'z'].map((id) => agentRecord(id)),
  );
  const { redis, names } = server;
  for (const id of ['gone', 'text']) await redis.del(names.agent(id));
  await redis.set(names.agent('text'), 'no hash');
  await redis.hdel(names.agent('nohost'), 'host');
  await redis.hset(names.agent('badhost'), 'host', '../../x y');
  await redis.hset(names.agent('badlabels'), { labels: '{"role":', status: 'dancing' });
  await redis.zadd(names.agents, nowMs, 'an id with spaces', nowMs, '', '+inf', 'b');
  await redis.hset(names.agent('b'), { host: 'host-1' });
  expect(await ids()).toEqual(['a', 'badlabels', 'z']);
  expect((await list())[1]).toMatchObject({ labels: {}, status: 'unknown' });
  const records = await readAgentRecords(redis, names, ['a', 'text', 'gone', 'z']);
  expect(records.map((record) => record?.id)).toEqual(['a', undefined, undefined, 'z']);
});

test('a fleet larger than one pipeline is read whole', async () => {
  const many = Array.from({ length: limits.pipelineCommandsMax + 5 }, (_, at) =>
    agentRecord(`agent-${10_000 + at}`),
  );
  await putAgents(server, many);
  expect(await ids()).toEqual(many.map(({ id }) => id));
});
