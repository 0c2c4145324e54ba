import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { digestOf } from '../../src/core/bytecode/digest.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import { readCapabilities } from '../../src/core/language/read-capabilities.js';
import { offersAnything, publishedOffer } from '../../src/core/offers/published-offer.js';
import { startTestHost } from '../agent/support.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { testFleet } from '../support/test-fleet.js';
import { videoFleet, videoWorkload } from '../support/video-agents.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

const offerKeys = async () => (await server.redis.keys('*')).filter((key) => key.includes(':offer:'));
const offerOf = (id: string) => server.redis.hget(server.names.agent(id), 'offer');

test('an offer is named by the digest of its text, whatever the order of its keys', () => {
  const { digest, text } = publishedOffer(videoFleet);
  expect(digest).toBe(digestOf(Buffer.from(text)));
  const { actions, fields, name, version } = videoFleet;
  const turned = fields.map((field) => Object.fromEntries(Object.entries(field).reverse()));
  expect(publishedOffer({ actions, name, fields: turned as never, version }).digest).toBe(digest);
  expect(publishedOffer({ ...videoFleet, name: 'other' }).digest).not.toBe(digest);
});

test('the text of an offer reads back as the same capabilities', () => {
  for (const capabilities of [referenceFleet, videoFleet, testFleet]) {
    const read = readCapabilities(publishedOffer(capabilities).text, { fileName: 'offer' });
    expect(read.ok && read.capabilities).toEqual(capabilities);
  }
});

test('who has no fields or no actions offers nothing', () => {
  expect(offersAnything(referenceFleet)).toBe(true);
  expect(offersAnything({ ...referenceFleet, actions: [] })).toBe(false);
  expect(offersAnything({ ...referenceFleet, fields: [] })).toBe(false);
});

test('agents that offer the same have one copy, and their records name it', async () => {
  await startTestHost(server, { agents: 50 });
  const { digest, text } = publishedOffer(referenceFleet);
  expect(await offerKeys()).toEqual([server.names.offer(digest)]);
  expect(await server.redis.get(server.names.offer(digest))).toBe(text);
  expect([await offerOf('agent-0001'), await offerOf('agent-0050')]).toEqual([digest, digest]);
});

test('a host of different agents publishes each of their offers, and none of one that offers nothing', async () => {
  const idle = { ...videoFleet, actions: [] };
  const hosted = [
    { id: 'v1', workload: () => videoWorkload() },
    { id: 'v2', workload: () => videoWorkload({ ...videoFleet, name: 'other' }) },
    { id: 'idle', workload: () => videoWorkload(idle) },
  ];
  await startTestHost(server, { hosted });
  expect(await offerKeys()).toHaveLength(2);
  expect(await offerOf('v1')).toBe(publishedOffer(videoFleet).digest);
  expect(await offerOf('idle')).toBe('');
});

test('what was lost or damaged is whole again when the agents introduce themselves anew', async () => {
  await startTestHost(server, { agents: 2 });
  const { digest, text } = publishedOffer(referenceFleet);
  await server.clear();
  await server.redis.set(server.names.offer(digest), 'damaged');
  const stored = () => server.redis.get(server.names.offer(digest));
  await expect.poll(stored, { timeout: 10_000 }).toBe(text);
});
