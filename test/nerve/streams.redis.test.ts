import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { limits } from '../../src/core/limits.js';
import {
  acknowledge,
  appendMessage,
  newestMessages,
  parseMessage,
  takeFromGroup,
} from '../../src/core/nerve/streams.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

const schema = z.object({ id: z.string(), count: z.number().finite() });
const stream = 'messages';
const group = { stream, group: 'readers', schema };
let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis();
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

const take = (consumer: string, reclaimAfterMs?: number) =>
  takeFromGroup(server.redis, {
    ...group,
    consumer,
    ...(reclaimAfterMs === undefined ? {} : { reclaimAfterMs }),
  });

describe('text', () => {
  test.each([
    ['{"id":"a","count":1}', undefined],
    ['{"id":"a","count":1,"more":{"x":[1]}}', undefined],
    ['', 'not JSON'],
    ['{"id":"a","count":NaN}', 'not JSON'],
    ['{"id":"a","count":Infinity}', 'not JSON'],
    ['{"id":"a","count":1e999}', 'count: '],
    ['{"id":"a","count":"1"}', 'count: '],
    ['{"id":null,"count":1}', 'id: '],
    ['null', 'no object'],
    ['"text"', 'no object'],
    ['\uFEFF{"id":"a","count":1}', 'not JSON'],
  ])('%s', (raw, reason) => {
    const message = parseMessage('1-0', raw, schema);
    expect(message.ok ? undefined : message.reasons.join('; ')).toEqual(
      reason === undefined ? undefined : expect.stringContaining(reason),
    );
    expect(message.raw).toBe(raw);
  });

  test('is measured in bytes, and up to the limit it is read', () => {
    const around = '{"id":"","count":1}';
    const fits = around.replace('""', `"${'x'.repeat(limits.messageBytesMax - around.length)}"`);
    expect(parseMessage('1-0', fits, schema).ok).toBe(true);
    expect(parseMessage('1-0', `${fits} `, schema).ok).toBe(false);
    const wide = around.replace('""', `"${'é'.repeat(limits.messageBytesMax / 2)}"`);
    expect(parseMessage('1-0', wide, schema).ok).toBe(false);
  });

  test('may nest to the limit, and what stands in quotes does not count', () => {
    const nested = (levels: number) => `{"id":"a","count":1,"x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(parseMessage('1-0', nested(limits.messageDepthMax - 1), schema).ok).toBe(true);
    expect(parseMessage('1-0', nested(limits.messageDepthMax), schema).ok).toBe(false);
    const quoted = JSON.stringify({ id: `\\"${'{['.repeat(1_000)}"`, count: 1 });
    expect(parseMessage('1-0', quoted, schema).ok).toBe(true);
  });
});

describe('a stream', () => {
  test('wakes its channel with the same text, and gives the newest first', async () => {
    const listener = await server.connect();
    await listener.subscribe(stream);
    const heard = new Promise((resolve) => listener.once('message', (_channel, text) => resolve(text)));
    const streamId = await appendMessage(server.redis, stream, { id: 'a', count: 1 });
    await appendMessage(server.redis, stream, { id: 'b', count: 2 });
    expect(await heard).toBe('{"id":"a","count":1}');
    const messages = await newestMessages(server.redis, stream, schema, 10);
    expect(messages.map((message) => message.ok && message.value.id)).toEqual(['b', 'a']);
    expect(messages[1]?.streamId).toBe(streamId);
    listener.disconnect();
  });
});

describe('a group', () => {
  const ids = (messages: Awaited<ReturnType<typeof take>>) =>
    messages.map((one) => (one.ok ? one.value.id : 'damaged'));

  test('hands each message to one consumer, until it is acknowledged', async () => {
    for (const id of ['a', 'b']) await appendMessage(server.redis, stream, { id, count: 1 });
    const first = await take('one');
    expect(ids(first)).toEqual(['a', 'b']);
    expect(ids(await take('two'))).toEqual([]);
    await acknowledge(server.redis, stream, group.group, [first[0]?.streamId ?? '']);
    expect(ids(await take('two', 0))).toEqual(['b']);
    await acknowledge(server.redis, stream, group.group, []);
  });

  test('gives the messages of before it was made, and more than fit into one reply', async () => {
    const pipeline = server.redis.pipeline();
    for (let at = 0; at < 350; at++)
      pipeline.xadd(stream, '*', 'json', JSON.stringify({ id: `${at}`, count: at }));
    await pipeline.exec();
    expect(await take('one')).toHaveLength(350);
    expect(await take('two', 0)).toHaveLength(350);
  });

  test('goes on when what a dead consumer held has been trimmed away', async () => {
    await appendMessage(server.redis, stream, { id: 'a', count: 1 });
    await take('dead');
    await server.redis.xtrim(stream, 'MAXLEN', 0);
    await appendMessage(server.redis, stream, { id: 'b', count: 1 });
    expect(ids(await take('two', 0))).toContain('b');
  });

  test('is made again when the stream was deleted', async () => {
    await take('one');
    await server.redis.del(stream);
    await appendMessage(server.redis, stream, { id: 'a', count: 1 });
    expect(ids(await take('one'))).toEqual(['a']);
  });
});
