/** Redis goes down in mid-rollout and comes back, with all that was written, or without the last of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Host } from '../../../src/core/agent/host.js';
import { watchWishes } from '../../../src/core/injector/control/wishes.js';
import { connectRedis } from '../../../src/core/nerve/connection.js';
import { watchOutages } from '../../../src/core/nerve/outages.js';
import { claimRollout } from '../../../src/core/nerve/rollout-records.js';
import type { PipelineEvent } from '../../../src/core/pipeline-events.js';
import { startTestHost } from '../../agent/support.js';
import { isNightly } from '../../support/nightly.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';
import { problemsOf } from '../../support/rollout-history.js';
import { coordinate, ended, recordOf } from '../support.js';
import { type Recorder, recordAgents } from './recorder.js';

// Processes start and servers restart: on a machine with more to do that takes a while.
vi.setConfig({ testTimeout: 120_000 });

let server: TestRedis;
let hosts: Host[];
let recorder: Recorder;
beforeAll(async () => {
  server = await startTestRedis('fleet', { keep: true });
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.clear();
  hosts = [
    await startTestHost(server, { hostId: 'host-1', firstAgent: 0, agents: 5 }),
    await startTestHost(server, { hostId: 'host-2', firstAgent: 5, agents: 5 }),
  ];
  recorder = recordAgents(
    hosts.flatMap((host) => host.agents),
    ['host-1', 'host-2'],
  );
});

/** Where in a rollout of three batches something is done to Redis. */
const moments = ['canary', 'batch 1', 'watching', 'passed', 'injecting', 'batch 2', 'batch 3', 'live'];

function momentOf(event: PipelineEvent): string | undefined {
  if (event.type === 'state') return event.state;
  if (event.type === 'batch') return `batch ${event.batch}`;
  return event.type === 'canary' ? event.state : undefined;
}

/** A rollout by a coordinator with a connection of its own, such as commands have; what it throws, once all is at rest. */
async function rollOut(id: string, at: (moment: string) => Promise<void>): Promise<unknown> {
  const redis = await connectRedis(server.target, { patience: 'command', name: 'injector' });
  const meanwhile: Promise<void>[] = [];
  const seen = new Set<string>();
  const report = (event: PipelineEvent) => {
    const moment = momentOf(event);
    if (moment === undefined || seen.has(moment)) return;
    seen.add(moment);
    meanwhile.push(at(moment));
  };
  try {
    const run = await coordinate(
      { redis, names: server.names },
      { instruction: { id }, batch: '4', bakeMs: 50, acknowledgeWithinMs: 3_000, report },
    );
    try {
      await run.rollout.run();
      await run.rollout.complete({ verdict: 'good' });
    } finally {
      await run.rollout.close();
    }
    return undefined;
  } catch (thrown) {
    return thrown;
  } finally {
    await Promise.all(meanwhile);
    redis.disconnect();
  }
}

describe('Redis that is restarted in mid-rollout', () => {
  test('and has kept all is waited for, and the rollout ends complete', async () => {
    for (const how of ['orderly', 'kill'] as const) {
      for (const moment of moments) {
        const id = `${how}-${moment.replace(' ', '-')}`;
        let restarts = 0;
        const thrown = await rollOut(id, async (at) => {
          if (at !== moment) return;
          restarts++;
          await server.stopServer(how);
          await server.startServer();
        });
        expect(thrown, id).toBeUndefined();
        expect(restarts, id).toBe(1);
        expect(problemsOf(await recorder.historyOf(server, id)), id).toEqual([]);
        expect((await recordOf(server, id)).record, id).toMatchObject({
          state: 'complete',
          counts: { live: 10 },
        });
      }
    }
  });

  test('and has lost what was written last gets it again; nothing is activated twice, and the rollout ends well or says why', async () => {
    let losses = 0;
    for (const from of moments.keys()) {
      for (const to of isNightly() ? [from, from + 1, from + 2] : [from + 1]) {
        const [begin, end] = [moments[from] ?? '', moments[to]];
        if (end === undefined) continue;
        const id = `lost-${begin}-to-${end}`.replaceAll(' ', '-');
        let upTo: number | undefined;
        const thrown = await rollOut(id, async (at) => {
          if (at === begin) upTo ??= server.keptBytes();
          if (upTo === undefined || at !== end) return;
          losses++;
          await server.stopServer('kill');
          await server.startServer({ upTo });
        });
        // An order or an answer that was under way may be among what was lost: then its agents have failed.
        if (thrown !== undefined) expect(thrown, id).toMatchObject({ code: 'DN530' });
        const history = await recorder.historyOf(server, id);
        expect(problemsOf(history), id).toEqual([]);
        expect(history.state, id).toBe(thrown === undefined ? 'complete' : 'failed');
      }
    }
    expect(losses).toBeGreaterThanOrEqual(moments.length - 1);
  });

  test('and has lost the program, too, is told so by every agent that should load it, and nothing runs', async () => {
    const upTo = server.keptBytes();
    const thrown = await rollOut('all', async (at) => {
      if (at !== 'canary') return;
      await server.stopServer('kill');
      await server.startServer({ upTo });
    });
    expect(thrown).toMatchObject({ code: 'DN530' });
    const { record, agents } = await recordOf(server, 'all');
    expect(record.state).toBe('failed');
    const codes = [...agents.values()].map(({ outcome, code }) => code ?? outcome);
    expect(new Set(codes)).toEqual(new Set(['DN601', 'pending']));
    expect(hosts.flatMap((host) => host.agents).every(({ live }) => live === undefined)).toBe(true);
  });

  test('and has lost the claim is told of it by several looks at a time, of which none takes it for a takeover', async () => {
    const { redis, names } = server;
    const upTo = server.keptBytes();
    const epoch = await claimRollout(redis, names, { id: 'r', holder: 'test', nowMs: Date.now() });
    const outages = watchOutages(redis, Date.now);
    const options = { rollout: 'r', epoch, holder: 'test', outages, onWish: () => undefined };
    const wishes = await watchWishes(redis, names, options);
    await server.stopServer('kill');
    const looks = Promise.all([wishes.look(), wishes.look(), wishes.look()]);
    await server.startServer({ upTo });
    expect(await looks).toEqual([undefined, undefined, undefined]);
    expect(wishes.urgent.aborted).toBe(false);
    expect(await redis.hget(names.rollout('r'), 'epoch')).toBe(String(epoch));
    await wishes.close();
    outages.close();
  });

  test('does not bring back an injector that another one has taken over from', async () => {
    const first = await coordinate(server, { batch: '4' });
    const second = await coordinate(server, { batch: '4', resume: true });
    await server.stopServer('kill');
    await server.startServer();
    expect(await ended(first)).toMatchObject({ code: 'DN510' });
    expect(await ended(second)).toBeUndefined();
    expect((await recordOf(server)).record).toMatchObject({
      state: 'live',
      epoch: second.rollout.record.epoch,
    });
  });
});
