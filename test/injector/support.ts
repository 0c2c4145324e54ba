/** Real hosts and a rollout that a test may change: instruction, program, plan and coordinator, on a real Redis. */
import { beforeEach, expect } from 'vitest';
import type { Agent } from '../../src/core/agent/agent.js';
import type { Host } from '../../src/core/agent/host.js';
import { listAgents } from '../../src/core/fleet/registry.js';
import { type Steered, type SteerRequest, steerRollout } from '../../src/core/injector/control/steer.js';
import { openRollout, type Rollout, type RolloutOptions } from '../../src/core/injector/course/rollout.js';
import { planRollout } from '../../src/core/injector/plan/plan.js';
import type { RolloutWishes } from '../../src/core/injector/plan/settings.js';
import { prepareProgram } from '../../src/core/injector/prepare-program.js';
import type { Transports } from '../../src/core/injector/transports/courier.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import type { Instruction } from '../../src/core/nerve/messages/instruction.js';
import type { Order } from '../../src/core/nerve/messages/order.js';
import type { WishAction } from '../../src/core/nerve/messages/wish.js';
import type { Redis } from '../../src/core/nerve/redis.js';
import { readRollout, readRolloutAgents } from '../../src/core/nerve/rollout-records.js';
import type { PipelineEvent } from '../../src/core/pipeline-events.js';
import { key, startTestHost, throttleAll } from '../agent/support.js';
import type { TestRedis } from '../support/redis.js';
import { setUpRedis } from '../support/set-up-redis.js';

/** A Redis for the test file that calls this at its top, and two hosts on it, started anew before each test. */
export function setUpTwoHosts(prefix = 'fleet') {
  const server = setUpRedis(prefix);
  const hosts: Host[] = [];
  beforeEach(async () => {
    hosts.splice(0, hosts.length, ...(await startTwoHosts(server)));
  });
  const agents = () => hosts.flatMap((host) => host.agents);
  return {
    server,
    hosts,
    agents,
    orders: () => sentOrders(server, 'host-1', 'host-2', 'host-3'),
    /** How many agents run the program of an instruction. */
    runs: (id: string) => agents().filter(({ live }) => live?.instruction === id).length,
    outcomesOf: async (id?: string) => (await recordOf(server, id)).agents,
    /** The agents of host-2 are registered and silent from now on, except those that are not wanted at all. */
    async silence(...ids: readonly string[]): Promise<void> {
      await hosts[1]?.stop();
      for (const id of ids) await server.redis.zadd(server.names.agents, Date.now(), id);
    },
  };
}

/** From now on it offers no action to any program. */
export function cripple(agent: Agent): void {
  Object.assign(agent, { capabilities: { ...referenceFleet, actions: [] } });
}

export function heal(agent: Agent): void {
  Object.assign(agent, { capabilities: referenceFleet });
}

export function until(holds: () => Promise<unknown> | unknown): Promise<void> {
  return expect.poll(holds, { timeout: 10_000, interval: 10 }).toBeTruthy();
}

export function batchesIn({ events }: TestRollout) {
  return events.flatMap((event) => (event.type === 'batch' ? [event] : []));
}

/** Ten agents each: host-1 carries the first ten. */
async function startTwoHosts(server: TestRedis): Promise<Host[]> {
  return [
    await startTestHost(server, { hostId: 'host-1', firstAgent: 0, agents: 10 }),
    await startTestHost(server, { hostId: 'host-2', firstAgent: 10, agents: 10 }),
  ];
}

export function instructionOf(change: Partial<Instruction> = {}): Instruction {
  return {
    id: 'instr_one',
    type: 'COST_OPTIMIZATION_v1',
    target_agents: 20,
    context: { currentCosts: 100, targetCosts: 85, deadline: 60_000, budget: 500, metrics: ['cost'] },
    timestamp: Date.now(),
    priority: 'HIGH',
    program: { source: throttleAll },
    ...change,
  };
}

export interface RolloutWish extends RolloutWishes {
  readonly instruction?: Partial<Instruction>;
  readonly resume?: boolean;
  /** Whether agents that come meanwhile are meant. */
  readonly canJoin?: RolloutOptions['canJoin'];
  /** Leaves agents out, as if they had left the fleet. */
  readonly without?: readonly string[];
  readonly transports?: Transports;
  /** Hears every event as it comes. */
  readonly report?: (event: PipelineEvent) => void;
}

export interface TestRollout {
  readonly rollout: Rollout;
  readonly events: PipelineEvent[];
  readonly controller: AbortController;
}

/** A rollout by a coordinator of its own; the caller closes it. */
export async function coordinate(
  { redis, names }: Pick<TestRedis, 'redis' | 'names'>,
  wish: RolloutWish = {},
): Promise<TestRollout> {
  const instruction = instructionOf(wish.instruction);
  const program = await prepareProgram(redis, names, { instruction, key });
  const targets = (await listAgents(redis, names, Date.now())).filter(
    ({ id }) => !wish.without?.includes(id),
  );
  const plan = planRollout({
    instructionId: instruction.id,
    selector: '',
    // Held out are only agents that report: here those of every way, as if they had the SDK.
    targets: targets.map((target) => ({ ...target, workload: 'simulated' })),
    batch: wish.batch ?? '5',
    maxFailures: wish.maxFailures ?? '0',
    canary: wish.canary,
  });
  const events: PipelineEvent[] = [];
  const controller = new AbortController();
  const options: RolloutOptions & { resume: boolean } = {
    ...{ instruction, program, plan, windowMs: 2_000, canJoin: wish.canJoin },
    ...{ batch: wish.batch, canary: wish.canary, maxFailures: wish.maxFailures },
    ...{ parallel: wish.parallel, activate: wish.activate, autoRollback: wish.autoRollback },
    ...{ pauseBetweenMs: wish.pauseBetweenMs, timeoutMs: wish.timeoutMs },
    bakeMs: wish.bakeMs ?? 0,
    acknowledgeWithinMs: wish.acknowledgeWithinMs ?? 2_000,
    resume: wish.resume ?? false,
    gates: wish.gates,
  };
  const dependencies = {
    ...{ redis, names, key, name: 'test', clock: Date.now },
    report: (event: PipelineEvent) => {
      events.push(event);
      wish.report?.(event);
    },
    signal: controller.signal,
    ...(wish.transports === undefined ? {} : { transports: wish.transports }),
  };
  return { rollout: await openRollout(dependencies, options), events, controller };
}

/** What a run throws, or undefined; the rollout is closed then. */
export async function ended({ rollout }: TestRollout): Promise<unknown> {
  try {
    await rollout.run();
    return undefined;
  } catch (thrown) {
    return thrown;
  } finally {
    await rollout.close();
  }
}

export async function recordOf({ redis, names }: Pick<TestRedis, 'redis' | 'names'>, id = 'instr_one') {
  const record = await readRollout(redis, names, id);
  if (record === undefined) throw new Error(`there is no record of ${id}`);
  return { record, agents: await readRolloutAgents(redis, names, id) };
}

/** Every order that was sent to the hosts, in turn. */
export async function sentOrders({ redis, names }: TestRedis, ...hosts: readonly string[]): Promise<Order[]> {
  const orders: { id: string; order: Order }[] = [];
  for (const host of hosts) {
    for (const [id, fields] of await redis.xrange(names.orders(host), '-', '+')) {
      const envelope = JSON.parse(fields[1] ?? '') as { order: string };
      orders.push({ id, order: JSON.parse(envelope.order) as Order });
    }
  }
  return orders.sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true })).map(({ order }) => order);
}

/** How often each agent was told to do this. */
export function timesTold(orders: readonly Order[], action: Order['action']): Map<string, number> {
  const times = new Map<string, number>();
  for (const order of orders) {
    if (order.action !== action) continue;
    for (const id of order.targets) times.set(id, (times.get(id) ?? 0) + 1);
  }
  return times;
}

/** As the command does it, in another terminal. */
export function steerFrom(
  { redis, names }: Pick<TestRedis, 'redis' | 'names'>,
  action: WishAction,
  request: Partial<SteerRequest> & { readonly transports?: Transports } = {},
): Promise<Steered> {
  return steerRollout(
    {
      ...{ redis, names, key, name: 'terminal-2', clock: Date.now, random: Math.random },
      report: () => undefined,
      signal: new AbortController().signal,
      ...(request.transports === undefined ? {} : { transports: request.transports }),
    },
    { typed: undefined, action, by: 'ana@ops-3', acknowledgeWithinMs: 1_000, ...request },
  );
}

/**
 * Does something once, on the connection of the coordinator, right before that has a script write this text: so that it is
 * done on the server first, and after everything that was sent before.
 */
export async function onceBefore<T>(redis: Redis, text: string, act: () => Promise<T>): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  const evalsha = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>;
  redis.evalsha = ((...args: unknown[]) => {
    if (args.some((arg) => typeof arg === 'string' && arg.includes(text))) {
      redis.evalsha = evalsha as Redis['evalsha'];
      resolve(act());
    }
    return evalsha(...args);
  }) as Redis['evalsha'];
  return promise;
}

/** Its process is gone without a word, and has been for longer than a coordinator may be silent. */
export async function forget(
  { redis, names }: Pick<TestRedis, 'redis' | 'names'>,
  id = 'instr_one',
): Promise<void> {
  await redis.hset(names.rollout(id), 'heldUntil', 1);
}
