import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../src/core/bytecode/digest.js';
import { languageLimits } from '../../src/core/language/limits.js';
import { limits } from '../../src/core/limits.js';
import { publishedOffer, publishOffers } from '../../src/core/offers/published-offer.js';
import { readFleetOffers } from '../../src/core/offers/read-offers.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import { videoFleet } from '../support/video-agents.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis('fleet');
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

const video = publishedOffer(videoFleet);

/** Under its own digest, as somebody who may write to Redis can. */
async function store(text: string, digest: string = digestOf(Buffer.from(text))): Promise<string> {
  await server.redis.set(server.names.offer(digest), text);
  return digest;
}

const read = (agents: Readonly<Record<string, string | undefined>>) =>
  readFleetOffers(
    server,
    Object.entries(agents).map(([id, offer]) => ({ id, offer })),
  );

test('agents are together by what they offer, those of the most common offer first', async () => {
  const other = publishedOffer({ ...videoFleet, name: 'other' });
  await publishOffers(server, [video, other, video]);
  const found = await read({ a: other.digest, b: video.digest, c: video.digest, d: undefined });
  expect(found.offers).toEqual([
    { digest: video.digest, capabilities: videoFleet, agents: ['b', 'c'] },
    { digest: other.digest, capabilities: { ...videoFleet, name: 'other' }, agents: ['a'] },
  ]);
  expect(found).toMatchObject({ unusable: [], silent: ['d'] });
});

describe('an offer that cannot be believed', () => {
  const reasonFor = async (digest: string) => {
    const { offers, unusable } = await read({ a: digest });
    expect(offers).toEqual([]);
    expect(unusable).toMatchObject([{ digest, agents: ['a'] }]);
    return unusable[0]?.reason;
  };

  test('because it is not there', async () => {
    expect(await reasonFor(video.digest)).toBe('it is not in Redis');
  });

  test('because something else is stored by its name', async () => {
    await store(publishedOffer({ ...videoFleet, name: 'other' }).text, video.digest);
    expect(await reasonFor(video.digest)).toBe('what is in Redis has another digest');
  });

  test('because its name holds another kind of value', async () => {
    await server.redis.hset(server.names.offer(video.digest), 'a', 'b');
    expect(await reasonFor(video.digest)).toBe('it is not in Redis');
  });

  test('because it is larger than any honest one', async () => {
    const huge = `${video.text}${' '.repeat(languageLimits.capabilityFileBytesMax)}`;
    expect(await reasonFor(await store(huge))).toContain('more than 1048576 bytes');
  });

  test.each([
    ['no JSON', '{"version":1,'],
    ['a list', '[]'],
    ['deep', '['.repeat(100_000)],
    ['no actions', JSON.stringify({ ...videoFleet, actions: [] })],
    [
      'a code twice',
      JSON.stringify({ ...videoFleet, actions: [videoFleet.actions[0], videoFleet.actions[0]] }),
    ],
    ['another prototype', '{"__proto__":{"version":1},"version":1,"name":"x","fields":[],"actions":[]}'],
    ['a later version', JSON.stringify({ ...videoFleet, version: 2 })],
    ['control characters in a name', JSON.stringify({ ...videoFleet, name: '\u001b[2J' })],
  ])('because it is no capability file: %s', async (_what, text) => {
    expect(await reasonFor(await store(text))).toMatch(/^it is no capability file: DN0\d\d /);
  });
});

test('of a flood of offers those of most agents are read, and the others are not', async () => {
  const flood = Array.from({ length: limits.offersReadMax + 20 }, (_, at) =>
    publishedOffer({ ...videoFleet, name: `offer-${at}` }),
  );
  await publishOffers(server, [video, ...flood]);
  const agents = Object.fromEntries(flood.map(({ digest }, at) => [`f${at}`, digest]));
  const found = await read({ ...agents, a: video.digest, b: video.digest });
  expect(found.offers[0]).toMatchObject({ digest: video.digest, agents: ['a', 'b'] });
  expect(found.offers).toHaveLength(limits.offersReadMax);
  expect(found.unusable).toHaveLength(21);
  expect(found.unusable[0]?.reason).toContain('too many different offers');
});

test('large offers are not all read, however few they are', async () => {
  const about = 'x'.repeat(languageLimits.capabilityFileBytesMax - 10_000);
  const large = Array.from({ length: 12 }, (_, at) =>
    publishedOffer({
      ...videoFleet,
      name: `large-${at}`,
      fields: videoFleet.fields.map((field, place) => (place === 0 ? { ...field, about } : field)),
    }),
  );
  await publishOffers(server, large);
  const found = await read(Object.fromEntries(large.map(({ digest }, at) => [`a${at}`, digest])));
  expect(found.offers.length).toBeGreaterThan(0);
  expect(found.offers.length).toBeLessThan(12);
  expect(found.offers.length + found.unusable.length).toBe(12);
});
