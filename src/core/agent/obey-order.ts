/** One order for one host: opened, loaded, obeyed by each agent it names, journaled, and acknowledged agent by agent. */
import type { KeyObject } from 'node:crypto';
import type { Acknowledgement, LoadTimings, Order } from '../nerve/messages/order.js';
import { openOrder } from '../order-signature.js';
import type { Agent, OrderOutcome } from './agent.js';
import type { Journal } from './journal.js';
import type { ProgramLoader } from './load-program.js';
import type { Answer, Reporter } from './report.js';
import type { TickRhythm } from './tick-rhythm.js';

export interface OrderRequest {
  readonly streamId: string;
  readonly envelope: string;
  readonly agents: readonly Agent[];
  readonly hostId: string;
  readonly loader: ProgramLoader;
  readonly journal: Journal;
  readonly reporter: Reporter;
  readonly rhythm: TickRhythm;
  readonly trusted: readonly KeyObject[];
}

export async function obeyOrder(request: OrderRequest): Promise<void> {
  const opened = openOrder(request.envelope, { trusted: request.trusted, nowMs: Date.now() });
  if (!opened.ok) {
    await request.reporter.orderRefused(opened.code, opened.reason);
    return;
  }
  const { order } = opened;
  request.rhythm.orderCame(Date.now(), order.windowMs);
  const targets = named(request.agents, order.targets);
  const answers =
    order.action === 'stage'
      ? await stage(request, order, targets)
      : targets.map((agent) => obey(agent, order));
  if (answers.some((answer) => answer.acknowledgement.outcome === 'done')) {
    await request.journal.append({ streamId: request.streamId, envelope: request.envelope });
  }
  await request.reporter.acknowledge(order, answers);

  function obey(agent: Agent, { action }: Order): Answer {
    const outcome = withAdmission(agent, order, () => {
      const nowMs = Date.now();
      switch (action) {
        case 'live':
          return agent.goLive(order, nowMs);
        case 'observe':
          return agent.observe(order, nowMs);
        case 'undo':
          return agent.undo(order, nowMs);
        case 'stage':
          throw new Error('stage orders load a program first');
        default:
          return action satisfies never;
      }
    });
    return answer(request.hostId, agent, order, outcome);
  }
}

async function stage(request: OrderRequest, order: Order, targets: readonly Agent[]): Promise<Answer[]> {
  const { bytes, fetchMs } = await request.loader.bytes(order.digest);
  let kept = false;
  const answers = targets.map((agent, at) => {
    const load = request.loader.load({
      digest: order.digest,
      bytes,
      fetchMs: at === 0 ? fetchMs : 0,
      capabilities: agent.capabilities,
    });
    if (!load.ok) {
      return answer(
        request.hostId,
        agent,
        order,
        { outcome: 'failed', code: load.code, reason: load.reason },
        load.timings,
      );
    }
    kept = true;
    const outcome = withAdmission(agent, order, () => agent.stage(order, load.loaded));
    return answer(request.hostId, agent, order, outcome, load.timings);
  });
  if (kept && fetchMs > 0 && bytes !== undefined) await request.journal.keepProgram(order.digest, bytes);
  return answers;
}

function withAdmission(agent: Agent, order: Order, act: () => OrderOutcome): OrderOutcome {
  const admission = agent.admit(order);
  return admission.outcome === 'done' ? act() : admission;
}

function answer(
  host: string,
  agent: Agent,
  order: Order,
  outcome: OrderOutcome,
  timings?: LoadTimings,
): Answer {
  const { action, digest, epoch } = order;
  const acknowledgement: Acknowledgement = {
    agent: agent.id,
    host,
    action,
    digest,
    epoch,
    at: Date.now(),
    ...outcome,
    ...(timings === undefined ? {} : { timings }),
  };
  return { agent, acknowledgement };
}

function named(agents: readonly Agent[], targets: readonly string[]): Agent[] {
  const wanted = new Set(targets);
  return agents.filter((agent) => wanted.has(agent.id));
}
