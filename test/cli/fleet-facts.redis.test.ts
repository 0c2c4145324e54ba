import { expect, test } from 'vitest';
import { readFleetFacts } from '../../src/cli/views/fleet-document.js';
import { tickOnce } from '../../src/core/orchestrator/tick.js';
import { agentRecord, nowMs, putAgents } from '../orchestrator/fleet-fixture.js';
import { setUpRedis } from '../support/set-up-redis.js';

const server = setUpRedis('facts');

test('the health of a fleet is not told from a look at it before its agents came', async () => {
  const { redis, names } = server;
  const { health } = await tickOnce({ redis, names, nowMs });
  expect(health.reasons).toEqual(['no agent has registered']);
  expect(await readFleetFacts(redis, names, nowMs)).toMatchObject({ known: 0, health: { state: 'down' } });
  await putAgents(server, [agentRecord('a'), agentRecord('b')]);
  expect(await readFleetFacts(redis, names, nowMs)).toMatchObject({ alive: 2, known: 2, health: null });
  await tickOnce({ redis, names, nowMs });
  expect(await readFleetFacts(redis, names, nowMs)).toMatchObject({ health: { state: 'healthy' } });
});
