import { expect, test } from 'vitest';
import { agentRecordFields, readAgentRecords } from '../../src/core/nerve/agent-records.js';
import { encodeTaskRows } from '../../src/core/nerve/task-rows.js';
import { summarise } from '../../src/core/results/summary.js';
import { setUpRedis } from '../support/set-up-redis.js';
import { effectGroup, summaryInput, type TestAgent } from './rollout-fixture.js';

const server = setUpRedis('garbage');

const good = Array.from({ length: 12 }, (_, at): TestAgent => {
  const heldOut = at % 4 === 0;
  return { id: `good-${at}`, heldOut, cost: [10 + at, (10 + at) * (heldOut ? 1 : 0.8 + 0.01 * (at % 3))] };
});

/** Text of a report that somebody left, by what is said of it. */
const garbage: Readonly<Record<string, readonly ((report: Record<string, unknown>) => string)[]>> = {
  'unreadable report': [
    () => 'not even JSON',
    () => 'null',
    () => '[]',
    () => '{"version":2',
    (report) => JSON.stringify({ ...report, groups: 'all of them' }),
    (report) => JSON.stringify({ ...report, applied: '7' }),
    (report) => JSON.stringify({ ...report, completed: Number.NaN }),
    (report) => JSON.stringify({ ...report, completed: 1 }).replace('"completed":1', '"completed":1e999'),
    (report) => JSON.stringify({ ...report, rows: { metrics: ['cost'], values: '\u0000' } }),
    (report) => JSON.stringify({ ...report, groups: Array(5_000).fill(effectGroup([1, 1])) }),
    (report) => JSON.stringify({ ...report, version: '2' }),
  ],
  'report of another version': [
    (report) => JSON.stringify({ ...report, version: 3, groups: { some: 'thing else' } }),
    (report) => JSON.stringify({ ...report, version: 1 }),
  ],
  'impossible figures': [
    (report) => JSON.stringify({ ...report, groups: [effectGroup([1e300, 1])] }),
    (report) => JSON.stringify({ ...report, groups: [effectGroup([-1, 1])] }),
    (report) => JSON.stringify({ ...report, effects: { REDUCE_CPU_THROTTLE: 5_000 } }),
    (report) => JSON.stringify({ ...report, groups: [effectGroup([1, 1]), effectGroup([2, 2])] }),
    (report) => JSON.stringify({ ...report, followed: 1 }),
    (report) => JSON.stringify({ ...report, at: 0 }),
    (report) => JSON.stringify({ ...report, rows: { metrics: ['cost'], values: 'AAAA' } }),
    (report) => JSON.stringify({ ...report, rows: rowsOf([10, 9], { group: 7 }) }),
    (report) => JSON.stringify({ ...report, rows: rowsOf([500, 9]) }),
    (report) => JSON.stringify({ ...report, rows: rowsOf([10, 9], { tasks: 9 }) }),
    (report) => JSON.stringify({ ...report, rows: rowsOf([10, -9]) }),
    (report) => JSON.stringify({ ...report, rows: rowsOf([10, Number.POSITIVE_INFINITY]) }),
  ],
  'other arm': [(report) => JSON.stringify({ ...report, arm: 'held-out', applied: 0, effects: {} })],
};

function rowsOf([before, after]: readonly [number, number], change: { group?: number; tasks?: number } = {}) {
  return encodeTaskRows(
    ['cost'],
    [{ group: 0, tasks: 4, metrics: { cost: { before, atGoLive: before, after } }, ...change }],
  );
}

test('garbage in window reports is left out, counted and told, and changes nothing else', async () => {
  const { redis, names } = server;
  const cases = Object.entries(garbage).flatMap(([reason, texts]) => texts.map((text) => ({ reason, text })));
  const bad = cases.map(
    ({ reason }, at): TestAgent => ({ id: `bad-${at} ${reason}`.replaceAll(' ', '-'), cost: [10, 9] }),
  );
  const input = summaryInput([...good, ...bad]);
  for (const record of input.records) {
    const fields = agentRecordFields(record);
    const at = bad.findIndex(({ id }) => id === record.id);
    const { window } = record;
    if (at >= 0) fields.window = cases[at]?.text({ ...window }) ?? '';
    await redis.hset(names.agent(record.id), fields);
  }
  const ids = [...input.agents.keys()];
  const records = (await readAgentRecords(redis, names, ids)).flatMap((record) => record ?? []);
  expect(records).toHaveLength(ids.length);
  const result = summarise({ ...input, records });
  const clean = summarise(summaryInput(good));
  const counts = Object.fromEntries(Object.entries(garbage).map(([reason, texts]) => [reason, texts.length]));
  expect(result.leftOut).toEqual(counts);
  expect(result.execution.metrics).toEqual(clean.execution.metrics);
  expect(result.execution.agentsReporting).toBe(good.length);
  expect(result.notes).toEqual(
    expect.arrayContaining([`Left out, impossible figures: ${counts['impossible figures']} agents.`]),
  );
  expect(result.analysis?.troubled).toBe(cases.length);
});
