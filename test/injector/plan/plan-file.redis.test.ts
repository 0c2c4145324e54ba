import { expect, test } from 'vitest';
import {
  draftOf,
  fingerprintOf,
  parsePlan,
  planText,
  type SavedPlan,
} from '../../../src/core/injector/plan/plan-file.js';
import { defaultSettings } from '../../../src/core/injector/plan/settings.js';
import { instructionOf } from '../support.js';

const agents: SavedPlan['agents'] = Array.from({ length: 7 }, (_, at) => ({
  ...{ id: `agent-${at}`, host: 'host-1', live: null, transport: 'bus' as const },
  ...{ batch: 1 + Math.floor(at / 3), heldOut: at === 4 },
}));
const plan: SavedPlan = {
  ...{ dreamnetPlan: 1, madeAt: 1_700_000_000_000, instruction: instructionOf(), windowMs: 2_000 },
  ...{ digest: `sha256:${'a'.repeat(64)}`, settings: defaultSettings, maxFailures: 0, canary: 3 },
  ...{ agents, others: [], fingerprint: fingerprintOf(agents) },
};
const text = planText(plan);
const read = (given: string) => () => parsePlan(given, 'plan.json');
const refusal = (code: string) =>
  expect.objectContaining({
    ...{ code, kind: 'bad-input', hint: expect.stringContaining('--save-plan') },
    message: expect.stringMatching(/^plan\.json is .{1,300}$/),
  });
const signed = (change: object) => planText({ ...plan, ...change } as SavedPlan);

test('a plan is read as it was written, batch by batch', () => {
  expect(parsePlan(text, 'plan.json')).toEqual(plan);
  const { plan: drawn, numbers } = draftOf(plan);
  expect(drawn.batches.map((batch) => batch.map(({ id }) => id))).toEqual([
    ['agent-0', 'agent-1', 'agent-2'],
    ['agent-3', 'agent-4', 'agent-5'],
    ['agent-6'],
  ]);
  expect(drawn).toMatchObject({ heldOut: 1, canary: 3, maxFailures: 0 });
  expect(numbers).toMatchObject({ agents: 7, batches: 3, stopsAtFailure: 1 });
});

test('a file that was cut off anywhere is refused', () => {
  for (let length = 0; length < text.length - 2; length += 7)
    expect(read(text.slice(0, length)), `${length} characters`).toThrow(refusal('DN548'));
});

test('a file that was changed by hand is refused', () => {
  for (const [from, to] of [
    ['agent-3', 'agent-9'],
    ['"heldOut":true', '"heldOut":false'],
    ['"maxFailures":0', '"maxFailures":5'],
    ['"checksum":"', '"checksum":"0'],
  ] as const)
    expect(read(text.replace(from, to)), from).toThrow(refusal('DN548'));
});

test.each([
  ['nothing', ''],
  ['no JSON', 'hello'],
  ['a list', '[1,2]'],
  ['null', 'null'],
  ['another document', '{"decision":{}}'],
  ['the plan and something after it', `${text}${text}`],
  ['no agents', signed({ agents: [] })],
  ['an agent twice', signed({ agents: [agents[0], agents[0]] })],
  ['a batch that is missing', signed({ agents: [agents[0], { ...agents[1], batch: 3 }] })],
  ['batches backwards', signed({ agents: [{ ...agents[0], batch: 2 }] })],
  ['a hostile id', signed({ agents: [{ ...agents[0], id: '../\u001b[31m' }] })],
  ['a hostile host', signed({ agents: [{ ...agents[0], host: 'x y' }] })],
  ['settings that do not fit', signed({ settings: { ...defaultSettings, parallel: 0 } })],
  ['a window of no time', signed({ windowMs: 0 })],
  ['a digest that is none', signed({ digest: 'sha256:x' })],
])('%s is no plan', (_what, given) => {
  expect(read(given)).toThrow(refusal('DN548'));
});

test('a plan of another version says which one', () => {
  expect(read(signed({ dreamnetPlan: 2 }))).toThrow(refusal('DN549'));
  expect(read('{"dreamnetPlan":"\\u001b[31m"}')).toThrow(refusal('DN549'));
});
