/** One order for one host: opened, loaded, obeyed by each agent it names, journaled, and acknowledged agent by agent. */
import { checkSignature } from '../bytecode/signature.js';
import { messageOf } from '../errors.js';
import type { Trust } from '../keys/trust.js';
import { limits } from '../limits.js';
import type { FleetClock } from '../nerve/fleet-clock.js';
import type { Acknowledgement, LoadTimings, Order } from '../nerve/messages/order.js';
import { type OpenedOrder, openOrder } from '../order-signature.js';
import type { Agent } from './agent.js';
import type { Journal } from './journal.js';
import type { LoadedProgram, ProgramLoader } from './load-program.js';
import type { OrderOutcome } from './order-outcome.js';
import type { Answer, Reporter } from './report.js';
import type { TickRhythm } from './tick-rhythm.js';

export interface OrderRequest {
  readonly streamId: string;
  readonly envelope: string;
  /** All agents of the host, by id. */
  readonly agents: ReadonlyMap<string, Agent>;
  readonly hostId: string;
  readonly loader: ProgramLoader;
  readonly journal: Journal;
  readonly reporter: Reporter;
  readonly rhythm: TickRhythm;
  readonly clock: FleetClock;
  /** As of this order. */
  readonly trust: Trust;
  /** Says what went wrong, for the log. */
  readonly log: (line: string) => void;
}

export async function obeyOrder(request: OrderRequest): Promise<void> {
  const opened = await open(request);
  if (!opened.ok) {
    await request.reporter.orderRefused(opened.code, opened.reason);
    return;
  }
  const { order } = opened;
  const targets = named(request.agents, order.targets);
  if (targets.length === 0) {
    await request.reporter.orderRefused(
      'DN619',
      `none of the ${order.targets.length} agents it names is here`,
    );
    return;
  }
  request.rhythm.orderCame(request.clock.now(), order.windowMs);
  const distrustOf = distrustUnder(request.trust);
  let answers =
    order.action === 'stage'
      ? await stage(request, order, targets)
      : await Promise.all(targets.map((agent) => obey(agent, order)));
  if (answers.some(({ acknowledgement }) => hasChangedSomething(acknowledgement))) {
    answers = await kept(request, order, answers);
  }
  await request.reporter.acknowledge(order, answers);

  function obey(agent: Agent, { action }: Order): Answer | Promise<Answer> {
    const outcome = withAdmission(agent, order, () => {
      const distrust = distrustOf(agent, order);
      if (distrust !== undefined) return distrust;
      const nowMs = request.clock.now();
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
    return outcome instanceof Promise
      ? outcome.then((late) => answer(request, agent, order, late))
      : answer(request, agent, order, outcome);
  }
}

/** An undo whose effects could not all be taken back has ended the program nevertheless, and that must outlive a restart. */
function hasChangedSomething({ outcome, code }: Acknowledgement): boolean {
  return outcome === 'done' || code === 'DN630';
}

/** An order that seems expired is looked at again by a clock that has just been compared: it may be the clock. */
async function open({ envelope, trust, clock }: OrderRequest): Promise<OpenedOrder> {
  const opened = openOrder(envelope, { ...trust, nowMs: clock.now() });
  if (opened.ok || opened.code !== 'DN614') return opened;
  await clock.measure();
  return openOrder(envelope, { ...trust, nowMs: clock.now() });
}

/**
 * What was staged before its key was revoked does not begin to run. Undo is not asked: it returns to what was checked
 * when it came, and must never fail. Agents of a host hold the same program, so one look at it does for all.
 */
function distrustUnder({
  trusted,
  revoked,
}: Trust): (agent: Agent, order: Order) => OrderOutcome | undefined {
  const seen = new Map<LoadedProgram, OrderOutcome | undefined>();
  return ({ staged }, { action, instruction }) => {
    if (staged?.instruction !== instruction || action === 'undo') return undefined;
    const { loaded } = staged;
    if (!seen.has(loaded)) {
      const signature = checkSignature(loaded.program.bytes, trusted, revoked);
      const { ok } = signature;
      seen.set(
        loaded,
        ok ? undefined : { outcome: 'refused', code: signature.code, reason: signature.reason },
      );
    }
    return seen.get(loaded);
  };
}

async function stage(request: OrderRequest, order: Order, targets: readonly Agent[]): Promise<Answer[]> {
  const fetched = await request.loader.fetch(order.digest);
  let isLoaded = false;
  const answers = targets.map((agent) => {
    const load = request.loader.load({
      digest: order.digest,
      fetched,
      capabilities: agent.capabilities,
      trust: request.trust,
    });
    if (!load.ok) {
      return answer(
        request,
        agent,
        order,
        { outcome: 'failed', code: load.code, reason: load.reason },
        load.timings,
      );
    }
    isLoaded = true;
    const outcome = withAdmission(agent, order, () => agent.stage(order, load.loaded, request.clock.now()));
    return answer(request, agent, order, outcome, load.timings);
  });
  if (!isLoaded || fetched.fetchMs === 0 || !fetched.ok) return answers;
  try {
    await request.journal.keepProgram(order.digest, fetched.bytes);
    return answers;
  } catch (thrown) {
    return notKept(request, answers, thrown);
  }
}

/**
 * Writes an order down that was obeyed. Where that fails, staging counts as failed, because it would not outlive a
 * restart; what has changed in a running agent has changed, and is acknowledged as it is.
 */
async function kept(request: OrderRequest, order: Order, answers: Answer[]): Promise<Answer[]> {
  try {
    await request.journal.append({ streamId: request.streamId, envelope: request.envelope });
    return answers;
  } catch (thrown) {
    if (order.action === 'stage') return notKept(request, answers, thrown);
    request.log(`order ${request.streamId} obeyed, but not written down: ${messageOf(thrown)}`);
    return answers;
  }
}

function notKept(request: OrderRequest, answers: readonly Answer[], thrown: unknown): Answer[] {
  const reason = `what was staged cannot be kept on disk: ${messageOf(thrown)}`;
  request.log(`order ${request.streamId}: ${reason}`);
  return answers.map(({ agent, acknowledgement }) =>
    acknowledgement.outcome === 'done'
      ? { agent, acknowledgement: { ...acknowledgement, outcome: 'failed', code: 'DN620', reason } }
      : { agent, acknowledgement },
  );
}

function withAdmission<Outcome extends OrderOutcome | Promise<OrderOutcome>>(
  agent: Agent,
  order: Order,
  act: () => Outcome,
): Outcome | OrderOutcome {
  const admission = agent.admit(order);
  if (admission.outcome !== 'done') return admission;
  try {
    return act();
  } catch (thrown) {
    // One agent's fault is its own: the others of the order obey, and the next order is read.
    return {
      outcome: 'failed',
      code: 'DN621',
      reason: messageOf(thrown).slice(0, limits.reasonCharactersMax),
    };
  }
}

function answer(
  { hostId: host, clock }: OrderRequest,
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
    at: clock.now(),
    ...outcome,
    ...(timings === undefined ? {} : { timings }),
  };
  return { agent, acknowledgement };
}

/** One that is named twice obeys once. */
function named(agents: ReadonlyMap<string, Agent>, targets: readonly string[]): Agent[] {
  return [...new Set(targets)].flatMap((id) => agents.get(id) ?? []);
}
