import { describe, expect, test } from 'vitest';
import { type Judgement, judgeLook } from '../../../src/core/injector/gates/judge.js';
import type { AgentReading } from '../../../src/core/injector/gates/read-agents.js';
import { Readings, type Side } from '../../../src/core/injector/gates/readings.js';
import { type GateVerdict, gateVerdictSchema } from '../../../src/core/nerve/messages/gate-verdict.js';
import { createRandom, normal } from '../../../src/core/random.js';

const changedAgents = 8;
const agents = 40;
const sides: Side[] = Array.from({ length: agents }, (_, at) => ({
  id: `agent-${at}`,
  changed: at < changedAgents,
}));

interface Level {
  readonly at: number;
  readonly latency: number;
  readonly cost: number;
  readonly tasks: number;
  readonly completed: number;
  readonly failed: number;
}

const level: Level = { at: 1_000, latency: 0.2, cost: 10, tasks: 10, completed: 9_990, failed: 10 };

function reading(change: Partial<Level> = {}, also: Partial<AgentReading> = {}): AgentReading {
  const metrics = {
    ...{ throughput: 1, memory: 1, cpuTime: 1, applied: 0, refused: 0 },
    ...level,
    ...change,
  };
  return { startedAt: 1, instruction: undefined, window: undefined, metrics, ...also };
}

const tolerating = (tolerated: number, expected = 0) => ({ tolerated, expected });

const judgement: Judgement = {
  ...{ at: 5_000, stage: 'bake', batch: 1, looks: 1, expectsData: () => true },
  tolerances: { errors: tolerating(0.01), latency: tolerating(0.1), cost: tolerating(0.05) },
};

/** Every agent a tick later, as `now` has it; agents differ by some percent. */
function judged(
  now: (side: Side, at: number) => AgentReading | undefined,
  { looks = 1, ...change }: Partial<Judgement> = {},
): Record<string, GateVerdict> {
  const readings = new Readings('instr_one');
  for (const { id } of sides) readings.remember(id, reading());
  const found = Array.from({ length: looks }, () => readings.look(sides, sides.map(now))).at(-1);
  const verdicts = judgeLook(found as NonNullable<typeof found>, { ...judgement, looks, ...change });
  for (const verdict of verdicts) gateVerdictSchema.parse(verdict);
  return Object.fromEntries(verdicts.map((verdict) => [verdict.gate, verdict]));
}

const noise = sides.map((_, at) => 1 + 0.03 * normal(createRandom('noise', at)));
/** A second later, with 200 more runs. */
const usual = (at: number, change: Partial<Level> = {}) =>
  reading({
    at: 2_000,
    latency: level.latency * (noise[at] ?? 1),
    cost: level.cost * (noise[at] ?? 1),
    completed: level.completed + 200,
    ...change,
  });

describe('the gates on latency and cost', () => {
  test('pass what changes nothing, with their numbers and a sentence', () => {
    const { latency, cost, errors } = judged((_, at) => usual(at));
    expect([latency?.verdict, cost?.verdict, errors?.verdict]).toEqual(['passed', 'passed', 'passed']);
    expect(latency).toMatchObject({ changed: 8, unchanged: 32, tolerance: 0.1, looks: 1, stage: 'bake' });
    expect(latency?.alpha).toBeCloseTo(0.05 / 3);
    const [low, high] = latency?.interval ?? [0, 0];
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
    expect(latency?.text).toMatch(
      /^latency [+-][\d.]+ % \([+-][\d.]+ to [+-][\d.]+\) on 8 changed against 32 unchanged agents; \+10 % are tolerated$/,
    );
  });

  test('fail what makes changed agents much slower, and only that gate', () => {
    const { latency, cost } = judged(({ changed }, at) =>
      usual(at, changed ? { latency: 2 * level.latency } : {}),
    );
    expect(latency?.verdict).toBe('failed');
    expect(latency?.estimate).toBeCloseTo(1, 1);
    expect(cost?.verdict).toBe('passed');
  });

  test('do not know what a rise beyond the tolerance is that may be chance', () => {
    const { latency } = judged(({ changed }, at) =>
      usual(at, changed ? { latency: 1.13 * level.latency * (noise[at] ?? 1) } : {}),
    );
    expect(latency?.verdict).toBe('inconclusive');
    expect(latency?.text).toContain('not certain');
  });

  test('pass a rise that is hardly more than the one that was predicted', () => {
    const rise = ({ changed }: Side, at: number) =>
      usual(at, changed ? { cost: 1.28 * level.cost * (noise[at] ?? 1) } : {});
    const cost = tolerating(0.27, 0.22);
    expect(judged(rise, { tolerances: { cost } }).cost?.verdict).toBe('passed');
    expect(judged(rise, { tolerances: { cost: tolerating(0.05) } }).cost?.verdict).toBe('failed');
  });

  test('pass what the whole fleet suffers alike', () => {
    const { latency } = judged((_, at) => usual(at, { latency: 3 * level.latency * (noise[at] ?? 1) }));
    expect(latency?.verdict).toBe('passed');
  });

  test('pass what the whole fleet suffers more and more, also on agents that change late', () => {
    const readings = new Readings('instr_one');
    for (const { id } of sides) readings.remember(id, reading());
    let look: ReturnType<Readings['look']> | undefined;
    for (let second = 1; second <= 6; second++) {
      const now = sides.map(({ changed }) => ({ id: '', changed: changed && second > 3 }));
      const worse = 1 + 0.2 * second;
      look = readings.look(
        now.map(({ changed }, at) => ({ id: `agent-${at}`, changed })),
        sides.map((_, at) =>
          usual(at, { at: 1_000 + 1_000 * second, latency: worse * level.latency * (noise[at] ?? 1) }),
        ),
      );
    }
    const latency = judgeLook(look as NonNullable<typeof look>, judgement)[1];
    expect(latency).toMatchObject({ gate: 'latency', verdict: 'passed', changed: 8 });
    expect(Math.abs(latency?.estimate ?? 1)).toBeLessThan(0.05);
  });

  test('compare cost by task, so that more work is no harm', () => {
    const { cost } = judged(({ changed }, at) =>
      usual(at, changed ? { cost: 2 * level.cost, tasks: 2 * level.tasks } : {}),
    );
    expect(cost?.verdict).toBe('passed');
  });

  test('are not decided by one agent, however odd', () => {
    const { latency } = judged((_, at) => usual(at, at === 0 ? { latency: 1e9 } : {}));
    expect(latency?.verdict).not.toBe('failed');
    expect(latency?.estimate).toBeLessThan(0.2);
  });

  test('are left out when they are off', () => {
    expect(Object.keys(judged((_, at) => usual(at), { tolerances: { cost: tolerating(0.05) } }))).toEqual([
      'cost',
    ]);
  });
});

describe('the gate on errors', () => {
  test('fails a program that makes one run in ten fail', () => {
    const { errors } = judged(({ changed }, at) =>
      usual(at, changed ? { completed: level.completed + 180, failed: level.failed + 20 } : {}),
    );
    expect(errors?.verdict).toBe('failed');
    expect(errors?.text).toContain('points');
  });

  test('fails where errors double from 3 % to 6 %', () => {
    const runs = (share: number) => ({ completed: 1_000 * (1 - share), failed: 1_000 * share });
    const readings = new Readings('instr_one');
    for (const { id } of sides) readings.remember(id, reading(runs(0.03)));
    const look = readings.look(
      sides,
      sides.map(({ changed }, at) => {
        const { completed, failed } = runs(changed ? 0.06 : 0.03);
        return usual(at, { completed: completed + 970, failed: failed + 30 + (at % 3) - 1 });
      }),
    );
    const verdict = judgeLook(look, judgement).find(({ gate }) => gate === 'errors');
    expect(verdict).toMatchObject({ verdict: 'failed' });
  });

  test('does not call two failures of three runs a rate', () => {
    const { errors } = judged(({ changed }, at) =>
      usual(at, {
        completed: level.completed + 1,
        failed: level.failed + (changed && at === 0 ? 2 : 0),
      }),
    );
    expect(errors?.verdict).toBe('passed');
  });

  test('counts from go-live where the agent itself does', () => {
    const window = { instruction: 'instr_one', ticks: 2, completed: 90, failed: 10, errors: 0 };
    const { errors } = judged(({ changed }, at) => ({
      ...usual(at, { completed: level.completed + 5_000 }),
      window: changed ? window : undefined,
    }));
    expect(errors?.verdict).toBe('failed');
  });
});

describe('missing data', () => {
  const lost = (count: number) => (_: Side, at: number) => (at < count ? undefined : usual(at));

  test('of fewer than half of the changed agents is no matter', () => {
    expect(judged(lost(4)).latency).toMatchObject({ verdict: 'passed', changed: 4 });
  });

  test('of more than half is inconclusive where some is to be expected, and passed with a note where not', () => {
    expect(judged(lost(5)).latency).toMatchObject({
      verdict: 'inconclusive',
      text: expect.stringContaining('no data about latency: 3 of 8 changed'),
    });
    const early = judged(lost(5), { expectsData: () => false }).latency;
    expect(early).toMatchObject({ verdict: 'passed', text: expect.stringContaining('no data') });
    expect(early?.estimate).toBeUndefined();
  });

  test.each<[string, Partial<Level>, Partial<AgentReading>]>([
    ['that started anew', {}, { startedAt: 2 }],
    ['that has not ticked since', { at: 1_000 }, {}],
    ['without a reading that fits', {}, { metrics: undefined }],
    ['without tasks', { tasks: 0, cost: 0, latency: 0 }, {}],
  ])('is what an agent %s leaves', (_, change, also) => {
    const verdict = judged(({ changed }, at) =>
      changed ? { ...usual(at, change), ...also } : usual(at),
    ).latency;
    expect(verdict).toMatchObject({ verdict: 'inconclusive', changed: 0 });
  });

  test('of a metric that the fleet never measured stops nothing', () => {
    const readings = new Readings('instr_one');
    for (const { id } of sides) readings.remember(id, reading({ latency: 0, completed: 0, failed: 0 }));
    const now = sides.map((_, at) => usual(at, { latency: 0, completed: 0, failed: 0 }));
    const verdicts = judgeLook(readings.look(sides, now), judgement);
    expect(verdicts.map(({ gate, verdict }) => [gate, verdict])).toEqual([
      ['errors', 'passed'],
      ['latency', 'passed'],
      ['cost', 'passed'],
    ]);
  });

  test('about agents that ran the program before anybody looked is no level to compare with', () => {
    const readings = new Readings('instr_one');
    for (const { id, changed } of sides)
      readings.remember(id, reading({}, changed ? { instruction: 'instr_one' } : {}));
    const look = readings.look(
      sides,
      sides.map((_, at) => usual(at)),
    );
    expect(judgeLook(look, judgement)[1]).toMatchObject({ gate: 'latency', verdict: 'inconclusive' });
  });
});

test('a verdict on an agent or two is kept as it is: no bound of it is endless', () => {
  for (const unchanged of [2, 3, 5]) {
    const few = sides.slice(0, 1 + unchanged).map((side, at) => ({ ...side, changed: at === 0 }));
    const readings = new Readings('instr_one');
    for (const { id } of few) readings.remember(id, reading());
    const look = readings.look(
      few,
      few.map((_, at) => usual(at)),
    );
    for (const verdict of judgeLook(look, judgement)) {
      expect(gateVerdictSchema.parse(JSON.parse(JSON.stringify(verdict)))).toEqual(verdict);
      expect(verdict.text).not.toMatch(/Infinity|e\+|\d{6}/);
    }
  }
});
