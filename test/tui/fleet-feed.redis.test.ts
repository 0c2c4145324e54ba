import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GateVerdict } from '../../src/core/nerve/messages/gate-verdict.js';
import type { Control, WishAction } from '../../src/core/nerve/messages/wish.js';
import { appendMessage, keepRejected } from '../../src/core/nerve/streams.js';
import { type FleetFeed, readFleetView, startFleetFeed } from '../../src/tui/hooks/fleet-feed.js';
import { streamWatch } from '../../src/tui/plain-watch.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';
import {
  sampleAggregate,
  sampleDecision,
  sampleInstruction,
  sampleResult,
  sampleRollout,
  writeAgents,
  writeAggregate,
  writeHealth,
  writeRollout,
} from './support/sample-fleet.js';

let test: TestRedis;
let feed: FleetFeed | undefined;

beforeAll(async () => {
  test = await startTestRedis('watched');
});
afterAll(() => test.stop());
beforeEach(() => test.clear());
afterEach(() => feed?.close());

function start(everyMs = 60_000): FleetFeed {
  feed = startFleetFeed({ redis: test.redis, names: test.names, everyMs });
  return feed;
}

function control(action: WishAction, at: number): Control {
  return { wish: 'w', action, by: 'ana@ops-3', at };
}

function acknowledged(at: number): GateVerdict {
  const text = 'acknowledgements: 0 agents failed, 0 are tolerated';
  return {
    gate: 'acknowledgements',
    verdict: 'passed',
    at,
    stage: 'batch',
    batch: 68,
    text,
    changed: 680,
    unchanged: 479,
  };
}

function lookedAt(at: number): GateVerdict {
  return { ...acknowledged(at), gate: 'latency', verdict: 'inconclusive', stage: 'bake', batch: 1 };
}

const texts = (of: FleetFeed) => of.view().events.map((event) => event.text);
const until = (condition: () => void) => vi.waitFor(condition, { timeout: 5_000, interval: 20 });

describe('the fleet feed', () => {
  it('shows an empty Redis as a fleet without agents', async () => {
    const empty = start();
    await until(() => expect(empty.view().facts).toBeDefined());
    expect(empty.view().connection.state).toBe('up');
    expect(empty.view().facts).toMatchObject({ agentsKnown: 0, history: [], alerts: [] });
    expect(empty.view().events).toEqual([]);
  });

  it('tells a late watcher what happened, at the times at which it happened', async () => {
    const { redis, names } = test;
    const planned = Date.now() - 60_000;
    await writeAgents(redis, names, Date.now(), 20);
    await appendMessage(redis, names.decisions, sampleDecision(planned - 300));
    await appendMessage(redis, names.instructions, sampleInstruction(planned - 250));
    await writeRollout(redis, names, sampleRollout({ state: 'complete', plannedAtMs: planned }));
    await appendMessage(redis, names.results, sampleResult(planned + 21_000));
    await writeAggregate(redis, names, sampleAggregate(planned));
    await writeAggregate(redis, names, sampleAggregate(planned + 1_000));
    await writeHealth(redis, names, planned);
    const view = await readFleetView({ redis, names });
    expect(view.facts).toMatchObject({ agentsAlive: 20, agentsKnown: 20, workloads: ['simulated'] });
    expect(view.facts?.history.map((one) => one.at)).toEqual([planned, planned + 1_000]);
    expect(view.facts?.health?.state).toBe('healthy');
    expect(view.events.map((event) => event.kind)).toEqual([
      'decision',
      'instruction',
      'rollout',
      'batches',
      'live',
      'rollout',
      'result',
    ]);
    expect(view.events.map((event) => event.atMs - planned)).toEqual([
      -300, -250, 0, 730, 800, 20_900, 21_000,
    ]);
  });

  it.each([
    ['paused', { control: control('pause', 9_000) }, [0, 8_000, 9_000]],
    ['paused', { gates: [acknowledged(8_000), lookedAt(8_700)] }, [0, 8_000, 8_700]],
    ['canary', {}, [0, 40, 8_000]],
    ['canary', { control: control('resume', 9_500) }, [0, 8_000, 9_500]],
    ['aborted', { control: control('abort', 9_800) }, [0, 8_000, 9_800]],
    ['aborted', {}, [0, 8_000, 8_000]],
  ] as const)(
    'tells a late watcher since when a rollout is %s, as the record tells: %j',
    async (state, change, times) => {
      const { redis, names } = test;
      const planned = Date.now() - 60_000;
      const rollout = sampleRollout({ state, plannedAtMs: planned, batchesDone: 68, reason: 'why not' });
      const gates = [acknowledged(8_000), ...('gates' in change ? change.gates : [])];
      const dated = (at: number) => planned + at;
      await writeRollout(redis, names, {
        ...rollout,
        gates: gates.map((gate) => ({ ...gate, at: dated(gate.at) })),
        ...('control' in change ? { control: { ...change.control, at: dated(change.control.at) } } : {}),
      });
      const { events } = await readFleetView({ redis, names });
      expect(events.map(({ atMs }) => atMs - planned)).toEqual(times);
      const watched = start();
      await until(() => expect(watched.view().events).toHaveLength(times.length));
      expect(watched.view().events.map(({ atMs }) => atMs - planned)).toEqual(times);
    },
  );

  it('wakes when the rollout changes, long before it would poll', async () => {
    const { redis, names } = test;
    const watched = start();
    await until(() => expect(watched.view().facts).toBeDefined());
    await until(async () => expect((await redis.pubsub('NUMSUB', names.rolloutChanges))[1]).toBe(1));
    const planned = Date.now();
    await writeRollout(
      redis,
      names,
      sampleRollout({ state: 'injecting', plannedAtMs: planned, batchesDone: 20 }),
    );
    await until(() => expect(watched.view().facts?.rollout?.batchesDone).toBe(20));
    await writeRollout(
      redis,
      names,
      sampleRollout({ state: 'injecting', plannedAtMs: planned, batchesDone: 68 }),
    );
    await until(() => expect(texts(watched)).toContain('68 of 116 batches staged'));
    const reason = 'failed agents above the limit';
    await writeRollout(
      redis,
      names,
      sampleRollout({ state: 'paused', plannedAtMs: planned, batchesDone: 68, reason }),
    );
    await until(() => expect(texts(watched)).toContain(`rollout paused: ${reason}`));
  });

  it('polls for what no channel tells', async () => {
    const { redis, names } = test;
    const watched = start(100);
    await until(() => expect(watched.view().facts).toBeDefined());
    await writeAggregate(redis, names, sampleAggregate(1_000));
    await until(() => expect(watched.view().facts?.aggregate?.at).toBe(1_000));
    await writeAggregate(redis, names, sampleAggregate(2_000));
    await until(() => expect(watched.view().facts?.history.map((one) => one.at)).toEqual([1_000, 2_000]));
  });

  it('logs alerts and rejected instructions once each, with their control characters visible', async () => {
    const { redis, names } = test;
    const watched = start(50);
    const alert = {
      id: 'alert_1',
      at: 1,
      severity: 'critical',
      kind: 'drift',
      message: 'cost\u001b[31m rises',
    };
    await appendMessage(redis, names.alerts, alert);
    await keepRejected(redis, names.instructionsRejected, {
      streamId: '1-0',
      raw: '{}',
      reasons: ['id: Required', 'type: Required'],
    });
    await until(() => expect(texts(watched)).toHaveLength(2));
    const readAt = watched.view().facts?.atMs ?? 0;
    await until(() => expect(watched.view().facts?.atMs).toBeGreaterThan(readAt + 100));
    expect(texts(watched)).toEqual([
      'drift: cost\\x1b[31m rises',
      'instruction rejected: id: Required; type: Required',
    ]);
  });

  it('never writes', async () => {
    const { redis, names } = test;
    await writeAgents(redis, names, Date.now(), 3);
    await redis.config('RESETSTAT');
    const watched = start(50);
    await until(() => expect(watched.view().facts).toBeDefined());
    const stats = await redis.info('commandstats');
    const used = [...stats.matchAll(/cmdstat_([\w|]+):/g)].map((match) => match[1]?.split('|')[0]);
    const reading = [
      'zcount',
      'zcard',
      'zrevrange',
      'hget',
      'hgetall',
      'xrevrange',
      'subscribe',
      'config',
      'info',
    ];
    const connecting = ['client', 'hello', 'auth', 'select'];
    expect(used.filter((name) => ![...reading, ...connecting].includes(name ?? ''))).toEqual([]);
  });

  it('says since when Redis is gone, and goes on when it is back', async () => {
    const { names } = test;
    const watched = start(100);
    await until(() => expect(watched.view().facts).toBeDefined());
    const gone = Date.now();
    await test.stopServer('kill');
    await until(() => expect(watched.view().connection.state).toBe('lost'));
    expect(watched.view().connection.sinceMs).toBeGreaterThanOrEqual(gone);
    expect(watched.view().facts).toBeDefined();
    await test.startServer();
    const again = await test.connect();
    await writeAgents(again, names, Date.now(), 5);
    await until(() => expect(watched.view().connection.state).toBe('up'));
    await until(() => expect(watched.view().facts?.agentsKnown).toBe(5));
    expect(texts(watched)[0]).toBe('Redis went away; reconnecting');
    expect(texts(watched)[1]).toMatch(/^Redis is back after /);
  });
});

describe('watching without a terminal', () => {
  async function linesOf(json: boolean, wanted: number): Promise<string[]> {
    const { redis, names } = test;
    const ending = new AbortController();
    const lines: string[] = [];
    const ended = streamWatch({
      redis,
      names,
      signal: ending.signal,
      write: (line) => lines.push(line),
      json,
    });
    await until(() => expect(lines.length).toBeGreaterThanOrEqual(wanted));
    ending.abort();
    await ended;
    return lines;
  }

  beforeEach(async () => {
    await appendMessage(test.redis, test.names.decisions, sampleDecision(1_000));
    await writeAggregate(test.redis, test.names, sampleAggregate(2_000));
  });

  it('writes calm lines', async () => {
    const [decision, fleet] = await linesOf(false, 2);
    expect(decision).toMatch(/^\d\d:\d\d:\d\d {2}decision {5}decided: cost_optimize, cost -15\.1 % expected/);
    expect(fleet).toMatch(/^\d\d:\d\d:\d\d {2}fleet {8}1,159 agents · 12,8\d\d tasks · \$/);
  });

  it('tells the success rate also where nothing ran since the aggregate before', async () => {
    await writeAggregate(test.redis, test.names, { ...sampleAggregate(4_000), successRate: null });
    expect((await linesOf(false, 2))[1]).toContain('success 99.97 %');
  });

  it('writes JSON lines', async () => {
    const documents = (await linesOf(true, 2)).map((line) => JSON.parse(line));
    expect(documents[0]).toMatchObject({ type: 'decision', at: 1_000, level: 'info' });
    expect(documents[1]).toMatchObject({ type: 'aggregate', at: 2_000, aggregate: { agentsKnown: 1159 } });
  });
});
