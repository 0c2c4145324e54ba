import { expect, test } from 'vitest';
import type { ChainableCommander } from '../../src/core/nerve/redis.js';
import { type Call, spreadPipeline } from '../../src/core/nerve/spread-pipeline.js';

/** As the client refuses a pipeline whose slots have moved apart since it was put together, or for another reason. */
function refusing(message: string) {
  const sent: Call[] = [];
  const refused = { set: () => refused, exec: () => Promise.reject(new Error(message)) };
  const pipeline = spreadPipeline({
    masterOf: () => '127.0.0.1:7000',
    newPipeline: () => refused as unknown as ChainableCommander,
    async send(call) {
      sent.push(call);
      return 'OK';
    },
  });
  return { sent, replies: pipeline.set('a', '1').set('b', '2').exec() };
}

test('a pipeline that is not sent, since a slot has just moved, is sent one by one and in order', async () => {
  const { sent, replies } = refusing(
    'All keys in the pipeline should belong to the same slots allocation group',
  );
  expect(await replies).toEqual([
    [null, 'OK'],
    [null, 'OK'],
  ]);
  expect(sent.map(({ args }) => args)).toEqual([
    ['a', '1'],
    ['b', '2'],
  ]);
});

test('a pipeline that fails otherwise fails', async () => {
  const { sent, replies } = refusing('out of memory');
  await expect(replies).rejects.toThrow('out of memory');
  expect(sent).toEqual([]);
});
