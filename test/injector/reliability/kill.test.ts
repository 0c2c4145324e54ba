/**
 * The injector is killed at every step of a rollout and at random moments, for real. Whoever comes after it resumes, is
 * killed too, aborts, or rolls back; then the history is checked.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Host, startHost } from '../../../src/core/agent/host.js';
import { simulatedAgents } from '../../../src/core/agent/workloads/simulated-agents.js';
import { DreamnetError, messageOf } from '../../../src/core/errors.js';
import type { RolloutVerdict } from '../../../src/core/injector/course/rollout.js';
import { createNames, type Names } from '../../../src/core/nerve/names.js';
import { key, throttleAll, trustOf } from '../../agent/support.js';
import {
  type InjectorEnd,
  type InjectorProcess,
  type Moment,
  startInjectorProcess,
} from '../../support/injector-process.js';
import type { InjectorTask, StepBoundary } from '../../support/killable-injector.js';
import { isNightly, seedsOf } from '../../support/nightly.js';
import { startTestRedis, type TestRedis } from '../../support/redis.js';
import { problemsOf, type RolloutHistory } from '../../support/rollout-history.js';
import { type SeededRandom, seededRandom } from '../../support/seeded-random.js';
import { coordinate, forget, instructionOf, steerFrom, type TestRollout } from '../support.js';
import { type Recorder, recordAgents } from './recorder.js';

const timeoutMs = isNightly() ? 3_600_000 : 300_000;
const verdicts = ['good', 'unclear', 'harmful'] as const;

let server: TestRedis;
let directory: string;
let lanes: Lane[];

/** A fleet of its own, so that several injectors can be killed at the same time: two hosts of five agents. */
interface Lane {
  readonly fleet: Pick<TestRedis, 'redis' | 'names'>;
  readonly hosts: readonly Host[];
  readonly recorder: Recorder;
  /** Started ahead of its task. */
  waiting: InjectorProcess;
}

beforeAll(async () => {
  server = await startTestRedis('lane');
  directory = mkdtempSync(join(tmpdir(), 'dreamnet-kill-'));
  lanes = await Promise.all([1, 2, 3, 4].map((number) => startLane(createNames(`lane-${number}`))));
});

afterAll(async () => {
  for (const { waiting } of lanes) waiting.kill();
  await Promise.all(lanes.flatMap(({ hosts }) => hosts.map((host) => host.stop())));
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function startLane(names: Names): Promise<Lane> {
  const hostIds = ['host-1', 'host-2'];
  const hosts = await Promise.all(
    hostIds.map(async (hostId, at) =>
      startHost({
        ...{ hostId, redis: await server.connect(), names },
        agents: simulatedAgents({ firstAgent: 5 * at, agents: 5, seed: 7 }),
        trust: () => trustOf(key),
        stateDir: join(directory, names.prefix),
        log: () => undefined,
      }),
    ),
  );
  const agents = hosts.flatMap((host) => host.agents);
  return {
    fleet: { redis: await server.connect(), names },
    hosts,
    recorder: recordAgents(agents, hostIds),
    waiting: startInjectorProcess(join(directory, 'code')),
  };
}

/** When the injector is killed, and who comes after it. */
interface KillPoint {
  readonly id: string;
  readonly verdict: RolloutVerdict['verdict'];
  readonly at: StepBoundary | Moment;
  readonly next: (typeof everyNext)[number];
  readonly random: SeededRandom;
}

describe('an injector that is killed', () => {
  test(
    'before and after each of its steps leaves a rollout that ends well, whoever goes on with it',
    async () => {
      const boundaries: KillPoint[] = [];
      for (const verdict of isNightly() ? verdicts : (['harmful'] as const)) {
        const { steps } = await dryRun(verdict);
        expect(steps.length).toBeGreaterThan(20);
        boundaries.push(...steps.flatMap((step) => pointsAt(verdict, step)));
      }
      expect(await killAll(boundaries)).toBe(boundaries.length);
    },
    timeoutMs,
  );

  test(
    'at any moment does so, too',
    async () => {
      const { steps } = await dryRun('good');
      const { first, count } = seedsOf({ everyTime: 60, nightly: 1_000 });
      const points = Array.from({ length: count }, (_, at): KillPoint => {
        const random = seededRandom(first + at);
        const verdict = random.pick(verdicts);
        const moment = momentOf(random, steps.length);
        return { id: `seed-${first + at}`, verdict, at: moment, next: nextOf(random), random };
      });
      // What is killed a moment too late has come to its end, which must be a good one, too.
      expect(await killAll(points)).toBeGreaterThan(count / 4);
    },
    timeoutMs,
  );
});

const everyNext = ['resume', 'kill again', 'abort', 'roll back'] as const;
const nextOf = (random: SeededRandom) => random.pick<KillPoint['next']>(['resume', 'resume', ...everyNext]);

/** Some step, and up to 20 ms after it: so that a slow machine kills at the same places as a fast one. */
function momentOf(random: SeededRandom, steps: number): Moment {
  return { steps: random.below(steps), afterMs: random.next() * 20 };
}

/** Before and just after a step; an order that is under way is also taken back, which has to reach it. */
function pointsAt(verdict: KillPoint['verdict'], step: string): KillPoint[] {
  return (['before', 'sent'] as const).flatMap((side) => {
    const name = `${verdict} ${side} ${step}`;
    const random = seededRandom(createHash('md5').update(name).digest().readUInt32LE());
    const isUnderWay = side === 'sent' && step.startsWith('xadd');
    const nexts: KillPoint['next'][] = isNightly() ? [...everyNext] : [nextOf(random)];
    if (isUnderWay) nexts.push('roll back');
    return [...new Set(nexts)].map((next) => {
      const id = `${name} ${next}`.replace(/\W+/g, '-');
      return { id, verdict, at: { step, side }, next, random };
    });
  });
}

/** Twice, because the first one finds no scripts in Redis and no compiled code. */
async function dryRun(verdict: KillPoint['verdict']): Promise<InjectorEnd> {
  const [lane] = lanes as [Lane];
  await runInjector(lane, { id: `first-dry-${verdict}`, verdict });
  const dry = await runInjector(lane, { id: `dry-${verdict}`, verdict });
  expect(dry).toMatchObject({ signal: null, problem: undefined });
  await check(lane, `dry-${verdict}`, 'a rollout that nobody disturbed');
  return dry;
}

/** How many injectors were really killed. */
async function killAll(points: readonly KillPoint[]): Promise<number> {
  const queue = [...points];
  let killed = 0;
  // All lanes come to rest before the first failure is told: the next test uses the same fleets.
  const ends = await Promise.allSettled(
    lanes.map(async (lane) => {
      for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
        if (await killAt(lane, point)) killed++;
      }
    }),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return killed;
}

async function killAt(lane: Lane, point: KillPoint): Promise<boolean> {
  const { id, at, next, random } = point;
  const what = `killed ${JSON.stringify(at)}, then ${next} (${id})`;
  try {
    const { signal, problem } = await runInjector(lane, point, at);
    expect(problem).toBeUndefined();
    if (next === 'kill again') await runInjector(lane, point, momentOf(random, 20));
    if (next === 'roll back') await rollBack(lane, id, what);
    if (next === 'abort') await abortOnTheWay(lane, point, what);
    await goOn(lane, point);
    await check(lane, id, what);
    return signal === 'SIGKILL';
  } catch (thrown) {
    throw new Error(`${what}: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** By a coordinator of this process, to the end; a rollout that has ended already refuses. */
async function goOn(lane: Lane, { id, verdict }: Pick<KillPoint, 'id' | 'verdict'>): Promise<void> {
  try {
    const { rollout } = await coordinate(lane.fleet, { ...how(id), resume: true });
    lane.recorder.mark(id, 'resumed');
    try {
      await rollout.run();
      await rollout.complete({ verdict });
    } finally {
      await rollout.close();
    }
  } catch (thrown) {
    if (!isRefusal(thrown, 'DN511', 'DN513')) throw thrown;
  }
}

/** Does nothing where the rollout had not begun, which is refused. */
async function rollBack(lane: Lane, id: string, what: string): Promise<void> {
  try {
    await forget(lane.fleet, id);
    await steerFrom(lane.fleet, 'rollback', { typed: id, acknowledgeWithinMs: 10_000 });
  } catch (thrown) {
    if (isRefusal(thrown, 'DN506', 'DN515')) return;
    throw thrown;
  }
  lane.recorder.mark(id, 'rolled-back');
  expect((await check(lane, id, what)).state, what).toBe('rolled_back');
}

/** A second coordinator is told to abort at some moment of its own; it may have come too far. */
async function abortOnTheWay(lane: Lane, { id, random }: KillPoint, what: string): Promise<void> {
  let run: TestRollout;
  try {
    run = await coordinate(lane.fleet, { ...how(id), resume: true });
  } catch (thrown) {
    if (isRefusal(thrown, 'DN511', 'DN513')) return;
    throw thrown;
  }
  lane.recorder.mark(id, 'resumed');
  // Once it is live it waits for the window to end, and for wishes.
  const running = run.rollout.run().then(async () => {
    await raised(run.rollout.interrupted);
    await run.rollout.obey();
  });
  running.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, random.next() * 150));
  const asked = steerFrom(lane.fleet, 'abort', { typed: id }).then(({ record }) => {
    if (record.state === 'aborted') lane.recorder.mark(id, 'aborted');
  });
  const outcomes = await Promise.allSettled([running, asked]);
  await run.rollout.close();
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected' && !isRefusal(outcome.reason, 'DN533', 'DN535', 'DN516', 'DN518'))
      throw outcome.reason;
  }
  const history = await lane.recorder.historyOf(lane.fleet, id);
  if (history.state === 'aborted') expect(problemsOf(history), what).toEqual([]);
}

async function check(lane: Lane, id: string, what: string): Promise<RolloutHistory> {
  const history = await lane.recorder.historyOf(lane.fleet, id);
  expect(problemsOf(history), what).toEqual([]);
  // Nobody misbehaves but the injector.
  expect(
    history.ends.filter(({ outcome }) => outcome === 'failed'),
    what,
  ).toEqual([]);
  return history;
}

async function raised(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

function isRefusal(thrown: unknown, ...codes: readonly string[]): boolean {
  return thrown instanceof DreamnetError && codes.includes(thrown.code);
}

const how = (id: string) => ({
  instruction: instructionOf({ id, target_agents: 10, program: { source: throttleAll } }),
  ...{ batch: '4', bakeMs: 50, windowMs: 2_000, acknowledgeWithinMs: 10_000 },
});

async function runInjector(
  lane: Lane,
  { id, verdict }: Pick<KillPoint, 'id' | 'verdict'>,
  at?: KillPoint['at'],
): Promise<InjectorEnd> {
  const injector = lane.waiting;
  lane.waiting = startInjectorProcess(join(directory, 'code'));
  const task: InjectorTask = {
    target: server.target,
    prefix: lane.fleet.names.prefix,
    privateKey: key.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    verdict,
    ...how(id),
  };
  if (at === undefined) return injector.run(task);
  return 'step' in at ? injector.run({ ...task, kill: at }) : injector.run(task, at);
}
