/** What a host writes to Redis for its agents: registration, heartbeats, acknowledgements, ticks; one pipeline each. */

import { agentRecordFields } from '../nerve/agent-records.js';
import type { TransportName } from '../nerve/messages/agent-record.js';
import { newIdentifier } from '../nerve/messages/identifiers.js';
import type { Acknowledgement, LoadTimings, Order } from '../nerve/messages/order.js';
import type { LoadTrace, TickTrace } from '../nerve/messages/trace-record.js';
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
  tick(ticks: readonly AgentTick[], options: { nowMs: number; snapshots: boolean }): Promise<void>;
  signOff(agents: readonly Agent[]): Promise<void>;
}

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
    return added.reduce((sum, one) => sum + one, 0);
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
    },

    async acknowledge(order, answers) {
      const stream = names.acknowledgements(order.instruction);
      const used = { before: memory, after: process.memoryUsage.rss() };
      memory = used.after;
      // In this order: whoever reads an acknowledgement finds the agent's record and trace already there.
      await pipelinedWithTraces(
        redis,
        names,
        answers,
        (pipeline, { agent, acknowledgement }, trace) => {
          const { timings } = acknowledgement;
          const fields = agentRecordFields(stateOf(agent));
          // Ticks push it out of the stream in minutes; how the program was loaded is asked for later too.
          if (timings !== undefined)
            fields.load = trace({
              agent: agent.id,
              trace: loadTrace(order, acknowledgement, timings, used),
            });
          pipeline.hset(names.agent(agent.id), fields);
        },
        (part) => ({
          name: 'append-acknowledgements',
          key: stream,
          args: part.map(({ acknowledgement }) => JSON.stringify(acknowledgement)),
        }),
      );
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

    async tick(ticks, { nowMs, snapshots }) {
      const process = usage.sinceLast();
      await pipelinedWithTraces(redis, names, ticks, (pipeline, { agent, outcome, evaluateMs }, trace) => {
        const window = agent.report === undefined ? {} : { window: agent.report };
        pipeline.hset(
          names.agent(agent.id),
          agentRecordFields({ status: agent.status, metrics: outcome.metrics, ...window }),
        );
        trace({ agent: agent.id, trace: { ...tickTrace(agent, outcome, evaluateMs, nowMs), ...process } });
        if (snapshots) recordTasks(pipeline, names, agent, nowMs);
      });
    },

    async signOff(agents) {
      await pipelined(redis, agents, (pipeline, agent) => {
        pipeline.hset(names.agent(agent.id), { status: 'stopped' });
        pipeline.zrem(names.agents, agent.id);
      });
    },
  };
}

/** Of a size that keeps Redis busy for a moment only. */
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

function tickTrace(agent: Agent, outcome: TickOutcome, evaluateMs: number, nowMs: number) {
  return {
    version: 1,
    kind: 'tick',
    at: nowMs,
    ...(agent.live === undefined
      ? {}
      : { digest: agent.live.loaded.program.digest, instruction: agent.live.instruction }),
    metrics: outcome.metrics,
    effects: outcome.effects,
    ...(outcome.unapplied === undefined ? {} : { unapplied: outcome.unapplied }),
    steps: outcome.steps,
    evaluateMs,
    ...(outcome.error === undefined ? {} : { error: outcome.error }),
  } satisfies Omit<TickTrace, 'processCpuPct' | 'processMemory'>;
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
