import { expect, test } from 'vitest';
import { createSoleProcess } from '../../src/core/agent/sole-process.js';
import { alertSchema } from '../../src/core/nerve/messages/aggregate.js';
import { newestMessages } from '../../src/core/nerve/streams.js';
import { setUpRedis } from '../support/set-up-redis.js';

const server = setUpRedis('fleet');

function processOf(hostId: string) {
  const log: string[] = [];
  const sole = createSoleProcess({ ...server, hostId, log: (line) => log.push(line) });
  return { log, beat: () => sole.beat(1_767_225_600_000) };
}

const alerts = async () =>
  (await newestMessages(server.redis, server.names.alerts, alertSchema, 10)).flatMap((entry) =>
    entry.ok ? [entry.value] : [],
  );

test('two processes under one name are told of once by each, wherever an operator looks', async () => {
  const [first, second] = [processOf('shop-1'), processOf('shop-1')];
  for (let beats = 0; beats < 8; beats++) for (const one of [first, second]) await one.beat();
  expect(first.log).toHaveLength(1);
  expect(first.log[0]).toContain('shop-1 is run by two processes');
  expect(second.log).toHaveLength(1);
  expect((await alerts()).map(({ kind }) => kind)).toEqual(['agent-twice', 'agent-twice']);
});

test('a process that follows another, and one that overlaps with it for a moment, are nothing to tell', async () => {
  const [former, next, other] = [processOf('shop-1'), processOf('shop-1'), processOf('shop-2')];
  for (let beats = 0; beats < 3; beats++) await former.beat();
  for (const one of [next, former, next, former, other]) await one.beat();
  for (let beats = 0; beats < 5; beats++) for (const one of [next, other]) await one.beat();
  expect([...former.log, ...next.log, ...other.log]).toEqual([]);
  expect(await alerts()).toEqual([]);
});
