/** What a host writes to Redis for its agents: registration, heartbeats, acknowledgements, ticks; one pipeline each. */
import type { Capabilities } from '../language/capabilities.js';
import { limits } from '../limits.js';
import { agentRecordFields } from '../nerve/agent-records.js';
import type { TickMetrics, TransportName } from '../nerve/messages/agent-record.js';
import { newIdentifier } from '../nerve/messages/identifiers.js';
import type { Acknowledgement, LoadTimings, Order } from '../nerve/messages/order.js';
import type { LoadTrace } from '../nerve/messages/trace-record.js';
import type { Names } from '../nerve/names.js';
import { pipelined } from '../nerve/records.js';
import type { ChainableCommander, Redis } from '../nerve/redis.js';
import { appendMessage } from '../nerve/streams.js';
import { encodeTaskSnapshot } from '../nerve/task-snapshot.js';
import {
  offersAnything,
  type PublishedOffer,
  publishedOffer,
  publishOffers,
} from '../offers/published-offer.js';
import { pipelinedWithTraces } from '../tracer/write.js';
import type { Agent, TickOutcome } from './agent.js';
import { createTracePace } from './trace-pace.js';

export interface Answer {
  readonly agent: Agent;
  readonly acknowledgement: Acknowledgement;
}

export interface AgentTick {
  readonly agent: Agent;
  readonly outcome: TickOutcome;
  readonly evaluateMs: number;
}

export interface Reporter {
  register(agents: readonly Agent[], nowMs: number): Promise<void>;
  heartbeat(agents: readonly Agent[], nowMs: number): Promise<void>;
  acknowledge(order: Order, answers: readonly Answer[]): Promise<void>;
  /** An order that no agent could trust enough to acknowledge. */
  orderRefused(code: string, reason: string): Promise<void>;
  /** Ticks happened: to be told with the next `tick`. */
  ticked(ticks: readonly AgentTick[], nowMs: number): void;
  /** What these agents are now, and the traces of theirs that are due. Rejects when not all of it was written. */
  tick(agents: readonly Agent[], options: { nowMs: number; snapshots: boolean }): Promise<void>;
  signOff(agents: readonly Agent[]): Promise<void>;
}

/** A minute more or less does not matter to what is kept for an hour. */
const traceAgingEveryMs = 60_000;

export function createReporter({
  redis,
  names,
  hostId,
  transport = 'bus',
}: {
  redis: Redis;
  names: Names;
  hostId: string;
  transport?: TransportName;
}): Reporter {
  const usage = createProcessUsage();
  const pace = createTracePace();
  /** As each agent's last tick left them. */
  const metrics = new WeakMap<Agent, TickMetrics>();
  let kept: number = limits.traceEntriesPerAgentMax;
  let agedAtMs = 0;
  /** Of this process, as the last order left it. */
  let memory = process.memoryUsage.rss();

  async function introduce(agents: readonly Agent[], nowMs: number): Promise<void> {
    // First, so that whoever reads an agent's record finds its offer there.
    await publishOffers({ redis, names }, agents.flatMap(offerOf));
    await pipelined(redis, agents, (pipeline, agent) =>
      pipeline.hset(
        names.agent(agent.id),
        agentRecordFields({
          id: agent.id,
          host: hostId,
          transport,
          labels: transport === 'bus' ? agent.labels : { ...agent.labels, transport },
          workload: agent.workload.name,
          capabilities: agent.capabilities.actions.map(({ name }) => name),
          offer: offerOf(agent)[0]?.digest ?? '',
          startedAt: nowMs,
          metrics: agent.metricsAt(nowMs),
          ...stateOf(agent),
        }),
      ),
    );
    await pipelined(redis, agents, (pipeline, agent) => recordTasks(pipeline, names, agent, nowMs));
  }

  /** How many of the agents were not in the registry. */
  async function beat(agents: readonly Agent[], nowMs: number): Promise<number> {
    const added = await pipelined<readonly Agent[], number>(redis, chunks(agents), (pipeline, part) =>
      pipeline.zadd(names.agents, ...part.flatMap(({ id }) => [nowMs, id])),
    );
    kept = entriesKept(await redis.zcard(names.agents));
    return added.reduce((sum, one) => sum + one, 0);
  }

  /** Now and then: what is old goes, and what nobody adds to any more goes later. */
  async function ageTraces(agents: readonly Agent[], nowMs: number): Promise<void> {
    if (nowMs - agedAtMs < traceAgingEveryMs) return;
    agedAtMs = nowMs;
    await pipelined(redis, agents, (pipeline, { id }) =>
      pipeline
        .xtrim(names.trace(id), 'MINID', '~', Math.max(0, nowMs - limits.tracesKeptMs))
        .pexpire(names.trace(id), limits.lastTracesKeptMs),
    );
  }

  return {
    async register(agents, nowMs) {
      await introduce(agents, nowMs);
      await beat(agents, nowMs);
    },

    async heartbeat(agents, nowMs) {
      const added = await beat(agents, nowMs);
      // Somebody emptied Redis, or it came back without its data: the agents introduce themselves again.
      if (added > 0) await introduce(agents, nowMs);
      await ageTraces(agents, nowMs);
    },

    async acknowledge(order, answers) {
      const stream = names.acknowledgements(order.instruction);
      const used = { before: memory, after: process.memoryUsage.rss() };
      memory = used.after;
      // In this order: whoever reads an acknowledgement finds the agent's record and trace already there.
      await pipelinedWithTraces(answers, {
        ...{ redis, names, kept },
        command: (pipeline, { agent, acknowledgement }, trace) => {
          const { timings } = acknowledgement;
          const fields = agentRecordFields(stateOf(agent));
          if (timings !== undefined) {
            const load = loadTrace(order, acknowledgement, timings, used);
            trace({ agent: agent.id, trace: load });
            // Ticks push it out of the stream in time; how the program was loaded is asked for later too.
            fields.load = JSON.stringify(load);
          }
          pipeline.hset(names.agent(agent.id), fields);
        },
        closing: (part) => ({
          name: 'append-acknowledgements',
          key: stream,
          args: part.map(({ acknowledgement }) => JSON.stringify(acknowledgement)),
        }),
      });
    },

    async orderRefused(code, reason) {
      await appendMessage(redis, names.alerts, {
        id: newIdentifier('alert', Date.now(), Math.random),
        at: Date.now(),
        severity: 'critical',
        kind: 'order-refused',
        message: `${hostId} refused an order: ${code} ${reason}`,
      });
    },

    ticked(ticks, nowMs) {
      for (const tick of ticks) {
        metrics.set(tick.agent, tick.outcome.metrics);
        pace.add(tick, nowMs);
      }
    },

    async tick(agents, { nowMs, snapshots }) {
      const used = usage.sinceLast();
      for (const part of chunks(agents)) {
        const traced = pace.take(part, used);
        const traces = new Map(traced.map((one) => [one.agent, one.trace]));
        try {
          await pipelinedWithTraces(part, {
            ...{ redis, names, kept },
            command: (pipeline, agent, trace) => {
              const window = agent.report === undefined ? {} : { window: agent.report };
              const fields = { status: agent.status, metrics: metrics.get(agent), ...window };
              pipeline.hset(names.agent(agent.id), agentRecordFields(fields));
              const due = traces.get(agent);
              if (due !== undefined)
                trace({ agent: agent.id, trace: due, actions: actionNames(agent.capabilities) });
              if (snapshots) recordTasks(pipeline, names, agent, nowMs);
            },
          });
        } catch (thrown) {
          pace.lost(traced);
          throw thrown;
        }
      }
    },

    async signOff(agents) {
      await pipelined(redis, agents, (pipeline, agent) => {
        pipeline.hset(names.agent(agent.id), { status: 'stopped' });
        pipeline.zrem(names.agents, agent.id);
      });
    },
  };
}

/** Of a size that keeps Redis busy for a moment only; what fails is one of them. */
function chunks(agents: readonly Agent[]): (readonly Agent[])[] {
  const size = 500;
  return Array.from({ length: Math.ceil(agents.length / size) }, (_, at) =>
    agents.slice(at * size, (at + 1) * size),
  );
}

/** None of an agent that offers nothing. */
function offerOf({ capabilities }: Agent): [] | [PublishedOffer] {
  return offersAnything(capabilities) ? [publishedOffer(capabilities)] : [];
}

function stateOf(agent: Agent) {
  return {
    status: agent.status,
    // Empty text clears a field that an earlier state had set.
    live: agent.live?.loaded.program.digest ?? '',
    staged: agent.staged?.loaded.program.digest ?? '',
    instruction: agent.live?.instruction ?? '',
    former: agent.former,
  };
}

function recordTasks(pipeline: ChainableCommander, names: Names, agent: Agent, nowMs: number): void {
  const { rows, columns } = agent.workload.view();
  pipeline.set(names.tasks(agent.id), encodeTaskSnapshot({ atMs: nowMs, rows, columns }));
}

function loadTrace(
  order: Order,
  answer: Acknowledgement,
  timings: LoadTimings,
  used: { readonly before: number; readonly after: number },
): LoadTrace {
  return {
    version: 1,
    kind: 'load',
    at: answer.at,
    instruction: order.instruction,
    digest: order.digest,
    outcome: answer.outcome,
    ...(answer.reason === undefined ? {} : { reason: answer.reason }),
    timings,
    processMemoryBefore: used.before,
    processMemoryAfter: used.after,
  };
}

const namesOf = new WeakMap<Capabilities, readonly string[]>();

/** One list for all agents that share their capabilities. */
function actionNames(capabilities: Capabilities): readonly string[] {
  const known = namesOf.get(capabilities) ?? capabilities.actions.map(({ name }) => name);
  namesOf.set(capabilities, known);
  return known;
}

/** Of each agent of a fleet of that size. */
function entriesKept(fleetAgents: number): number {
  const { traceEntriesPerFleetMax, traceEntriesPerAgentMin, traceEntriesPerAgentMax } = limits;
  const share = Math.floor(traceEntriesPerFleetMax / Math.max(1, fleetAgents));
  return Math.min(Math.max(share, traceEntriesPerAgentMin), traceEntriesPerAgentMax);
}

/** CPU and memory of this process; agents of one host share both, and the trace says so by the field names. */
function createProcessUsage() {
  let lastMs = performance.now();
  let last = process.cpuUsage();
  return {
    sinceLast() {
      const nowMs = performance.now();
      const used = process.cpuUsage(last);
      const processCpuPct = ((used.user + used.system) / 1000 / Math.max(1, nowMs - lastMs)) * 100;
      lastMs = nowMs;
      last = process.cpuUsage();
      return { processCpuPct, processMemory: process.memoryUsage.rss() };
    },
  };
}
