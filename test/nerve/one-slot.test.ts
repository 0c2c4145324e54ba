import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { slotOf } from '../../src/core/nerve/slot.js';
import { type Replies, recordCalls, spreadPipeline } from '../../src/core/nerve/spread-pipeline.js';

const scripts = new URL('../../src/core/nerve/scripts/', import.meta.url);

test.each([
  // From the specification, and `redis-cli CLUSTER KEYSLOT`.
  ['123456789', 12_739],
  ['foo', 12_182],
  ['', 0],
  ['{user1000}.following', slotOf('user1000')],
  ['foo{}{bar}', 8_363],
  ['foo{{bar}}zap', slotOf('{bar')],
  ['foo{bar}{zap}', slotOf('bar')],
  ['agent:größer', slotOf(Buffer.from('agent:größer'))],
])('the slot of "%s" is %i', (key, slot) => {
  expect(slotOf(key)).toBe(slot);
});

test.each(readdirSync(scripts).filter((file) => file.endsWith('.lua')))(
  '%s touches the one key that it is given',
  (file) => {
    const source = readFileSync(new URL(file, scripts), 'utf8');
    const text = source.replaceAll(/--\[\[.*?\]\]/gs, '').replaceAll(/--.*/g, '');
    expect([...text.matchAll(/KEYS\[(\d+)\]/g)].every(([, at]) => at === '1')).toBe(true);
    const calls = [...text.matchAll(/redis\.p?call\(\s*'(\w+)'(?:,\s*([^,)]+))?/g)];
    expect(calls.length).toBeGreaterThan(0);
    for (const [, command = '', first] of calls)
      if (!['TIME', 'PUBLISH'].includes(command)) expect(first, command).toBe('KEYS[1]');
  },
);

test('commands of a pipeline go to the master of their key, scripts to that of theirs', async () => {
  const sent: string[][] = [];
  const pipeline = spreadPipeline({
    masterOf: (slot) => (slot < 8_192 ? 'low' : 'high'),
    newPipeline: () =>
      recordCalls(async (calls) => {
        sent.push(calls.map(({ args }) => String(args.at(-1))));
        return calls.map(({ args }) => [null, args.at(-1)]) as Replies;
      }),
    send: () => expect.unreachable(),
  });
  // 'foo' is high, 'bar' is low.
  pipeline
    .set('foo', 'one')
    .evalsha('0'.repeat(40), 1, 'bar', 'two')
    .getBuffer('bar')
    .hset('foo', 'a', 'four');
  expect(pipeline.length).toBe(4);
  expect(await pipeline.exec()).toEqual([
    [null, 'one'],
    [null, 'two'],
    [null, 'bar'],
    [null, 'four'],
  ]);
  expect(sent).toEqual([
    ['one', 'four'],
    ['two', 'bar'],
  ]);
});

test('what a move made fail is sent again by itself, and other errors stay where they were', async () => {
  const again: unknown[] = [];
  const pipeline = spreadPipeline({
    masterOf: () => 'all',
    newPipeline: () =>
      recordCalls(async () => [
        [null, 'fine'],
        [new Error('MOVED 1 a:1'), undefined],
        [new Error('WRONGTYPE no list'), undefined],
        [new Error('CLUSTERDOWN Hash slot not served'), undefined],
      ]),
    send: async ({ name, args }) => {
      again.push([name, ...args]);
      if (args[0] === 'd') throw new Error('the cluster gave no answer');
      return 'moved';
    },
  });
  const replies = await pipeline.get('a').get('b').get('c').get('d').exec();
  expect(again).toEqual([
    ['get', 'b'],
    ['get', 'd'],
  ]);
  expect(replies?.map(([error, reply]) => error?.message ?? reply)).toEqual([
    'fine',
    'moved',
    'WRONGTYPE no list',
    'the cluster gave no answer',
  ]);
});
