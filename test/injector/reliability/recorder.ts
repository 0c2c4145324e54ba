/**
 * What the agents of a fleet really did, by instruction: each change of what they hold or run is seen at the agent itself,
 * and the bytes that it holds are looked at a second time. Joined with the orders on the hosts' streams it is a history.
 */
import type { Agent } from '../../../src/core/agent/agent.js';
import { digestOf } from '../../../src/core/bytecode/digest.js';
import { checkSignature } from '../../../src/core/bytecode/signature.js';
import { verifyProgram } from '../../../src/core/bytecode/verify.js';
import type { Order } from '../../../src/core/nerve/messages/order.js';
import { readRollout, readRolloutAgents } from '../../../src/core/nerve/rollout-records.js';
import { key } from '../../agent/support.js';
import type { TestRedis } from '../../support/redis.js';
import type { AgentEnd, HistoryEvent, RolloutHistory } from '../../support/rollout-history.js';

interface Timed {
  readonly atMs: number;
  readonly event: HistoryEvent;
}

export interface Recorder {
  /** Tells what the operator did; `atMs` by Redis's clock, which is that of this machine. */
  mark(instruction: string, kind: 'aborted' | 'rolled-back' | 'resumed'): void;
  /** The history of a rollout, once its agents have heard every order that was sent. */
  historyOf(server: Pick<TestRedis, 'redis' | 'names'>, instruction: string): Promise<RolloutHistory>;
}

export function recordAgents(agents: readonly Agent[], hosts: readonly string[]): Recorder {
  const events = new Map<string, Timed[]>();
  const heard = new Map<string, number>();
  const heardOrders = new Map<string, SentOrder>();
  const add = (instruction: string, event: HistoryEvent) => {
    const known = events.get(instruction) ?? [];
    events.set(instruction, known);
    known.push({ atMs: Date.now(), event });
  };
  for (const agent of agents)
    watch(agent, add, (order) => {
      const line = lineOf(order, agent.id);
      const text = JSON.stringify(order);
      if (!heardOrders.has(text)) heardOrders.set(text, { atMs: Date.now(), order });
      heard.set(line, (heard.get(line) ?? 0) + 1);
    });

  return {
    mark: (instruction, kind) => add(instruction, { kind }),
    async historyOf(server, instruction) {
      const orders = await ordersFor(server, instruction, hosts);
      for (const deadline = Date.now() + 10_000; !haveHeard(orders, heard); ) {
        if (Date.now() > deadline) throw new Error(`the agents have not heard every order of ${instruction}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      const known = new Set(orders.map(({ order }) => JSON.stringify(order)));
      // A Redis that came back without its last second has lost orders that were obeyed.
      const lost = [...heardOrders.values()].filter(
        ({ order }) => order.instruction === instruction && !known.has(JSON.stringify(order)),
      );
      return composed(server, {
        instruction,
        orders: [...orders, ...lost],
        agents,
        events: events.get(instruction) ?? [],
      });
    },
  };
}

/** An agent is changed by these four calls of its host alone. */
function watch(
  agent: Agent,
  add: (instruction: string, event: HistoryEvent) => void,
  hear: (order: Order) => void,
): void {
  for (const name of ['stage', 'goLive', 'observe', 'undo'] as const) {
    const inner = agent[name].bind(agent) as (...args: unknown[]) => unknown;
    const outer = (order: Order, ...rest: unknown[]) => {
      const before = { live: agent.live, staged: agent.staged };
      const outcome = inner(order, ...rest);
      const { live, staged } = agent;
      const about = { agent: agent.id, epoch: order.epoch };
      if (staged !== before.staged && staged !== undefined)
        add(staged.instruction, { kind: 'staged', ...about, ...secondLook(staged.loaded.program.bytes) });
      if (live !== before.live && name === 'undo')
        add(order.instruction, { kind: 'returned', agent: agent.id });
      else if (live !== before.live && live !== undefined)
        add(live.instruction, { kind: 'activated', ...about, ...secondLook(live.loaded.program.bytes) });
      return outcome;
    };
    Object.assign(agent, { [name]: outer });
  }
  const admit = agent.admit.bind(agent);
  agent.admit = (order) => {
    hear(order);
    return admit(order);
  };
}

function secondLook(bytes: Uint8Array): { digest: string; verified: boolean } {
  const isSigned = checkSignature(bytes, [key.publicKey], new Set()).ok;
  return { digest: digestOf(bytes), verified: isSigned && verifyProgram(bytes).ok };
}

function lineOf({ instruction, action, epoch }: Order, agent: string): string {
  return `${instruction} ${action} ${epoch} ${agent}`;
}

interface SentOrder {
  readonly atMs: number;
  readonly order: Order;
}

async function ordersFor(
  { redis, names }: Pick<TestRedis, 'redis' | 'names'>,
  instruction: string,
  hosts: readonly string[],
): Promise<SentOrder[]> {
  const entries = await Promise.all(hosts.map((host) => redis.xrange(names.orders(host), '-', '+')));
  return entries.flat().flatMap(([id, fields]) => {
    const order = JSON.parse((JSON.parse(fields[1] ?? '') as { order: string }).order) as Order;
    return order.instruction === instruction ? { atMs: Number(id.split('-')[0]), order } : [];
  });
}

function haveHeard(orders: readonly SentOrder[], heard: ReadonlyMap<string, number>): boolean {
  const sent = new Map<string, number>();
  for (const { order } of orders) {
    for (const id of order.targets) sent.set(lineOf(order, id), (sent.get(lineOf(order, id)) ?? 0) + 1);
  }
  return [...sent].every(([line, times]) => (heard.get(line) ?? 0) >= times);
}

async function composed(
  { redis, names }: Pick<TestRedis, 'redis' | 'names'>,
  seen: {
    readonly instruction: string;
    readonly orders: readonly SentOrder[];
    readonly agents: readonly Agent[];
    readonly events: readonly Timed[];
  },
): Promise<RolloutHistory> {
  const { instruction } = seen;
  const [record, outcomes] = await Promise.all([
    readRollout(redis, names, instruction),
    readRolloutAgents(redis, names, instruction),
  ]);
  if (record === undefined) throw new Error(`there is no record of ${instruction}`);
  const sent = seen.orders.map(({ atMs, order }): Timed => {
    const { action, targets, digest, epoch } = order;
    return { atMs, event: { kind: 'ordered', action, agents: targets, digest, epoch } };
  });
  const events = [...sent, ...seen.events].sort(
    (one, other) => one.atMs - other.atMs || rankOf(one.event) - rankOf(other.event),
  );
  return {
    instruction,
    digest: record.program.digest,
    agents: seen.agents.map(({ id }) => id),
    events: events.map(({ event }) => event),
    state: record.state,
    ends: [...outcomes].map(([agent, { outcome }]) => ({
      agent,
      outcome,
      now: doingNow(
        seen.agents.find(({ id }) => id === agent),
        instruction,
      ),
    })),
  };
}

/** An order and what follows from it may fall into the same millisecond. */
function rankOf({ kind }: HistoryEvent): number {
  if (kind === 'resumed') return 0;
  if (kind === 'ordered') return 1;
  return kind === 'aborted' || kind === 'rolled-back' ? 3 : 2;
}

function doingNow(agent: Agent | undefined, instruction: string): AgentEnd['now'] {
  if (agent?.live?.instruction === instruction) return 'runs';
  return agent?.staged?.instruction === instruction ? 'holds' : 'neither';
}
