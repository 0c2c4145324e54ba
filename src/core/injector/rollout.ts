/**
 * One rollout from plan to live: the canary first, then batch after batch, then all but the hold-out together. What
 * every agent answered is in Redis before the next order goes out, so that a killed injector can be resumed.
 */
import type { Redis } from 'ioredis';
import { DreamnetError } from '../errors.js';
import { limits } from '../limits.js';
import type { Instruction } from '../nerve/messages/instruction.js';
import type { Acknowledgement, OrderAction } from '../nerve/messages/order.js';
import type {
  AgentOutcome,
  RolloutAgent,
  RolloutRecord,
  RolloutState,
} from '../nerve/messages/rollout-record.js';
import type { Names } from '../nerve/names.js';
import { claimRollout, readRollout, readRolloutAgents, writeRollout } from '../nerve/rollout-records.js';
import type { ReportEvent } from '../pipeline-events.js';
import { type AcknowledgementReader, readAcknowledgements } from './acknowledgements.js';
import { judgeCanary } from './judge-canary.js';
import type { Plan, PlannedAgent } from './plan.js';
import type { PreparedProgram } from './prepare-program.js';
import { type OrderBatch, type SigningKey, sendOrders } from './send-orders.js';
import { requireStep } from './states.js';

export interface RolloutDependencies {
  readonly redis: Redis;
  readonly names: Names;
  readonly key: SigningKey;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly report: ReportEvent;
  /** Abort: nothing is sent after it. */
  readonly signal: AbortSignal;
}

export interface RolloutOptions {
  readonly instruction: Instruction;
  readonly goal?: string;
  readonly program: PreparedProgram;
  readonly plan: Plan;
  readonly windowMs: number;
  /** How long the canary is watched. */
  readonly bakeMs: number;
  readonly acknowledgeWithinMs?: number;
}

/** A rollout in the hands of this process. */
export interface Rollout {
  readonly record: RolloutRecord;
  readonly agents: ReadonlyMap<string, RolloutAgent>;
  /** Stages everything and goes live; throws DN530 when a gate stopped it, DN531 when it was aborted. */
  run(): Promise<void>;
  /** Ends the window: after a good result the held-out agents go live too, after a bad one they never do. */
  complete(result: { readonly good: boolean; readonly reason?: string }): Promise<void>;
  /** Marks an interrupted rollout, so that others see that nobody is working on it. */
  markAborted(): Promise<void>;
  close(): Promise<void>;
}

/** Claims the rollout for this process; `resume` takes over what an earlier one left: failed and untouched agents. */
export async function openRollout(
  dependencies: RolloutDependencies,
  options: RolloutOptions & { readonly resume?: boolean },
): Promise<Rollout> {
  const { redis, names } = dependencies;
  const { id } = options.instruction;
  const earlier = await readRollout(redis, names, id);
  if (earlier !== undefined && options.resume !== true) throw alreadyRolledOut(earlier);
  if (earlier !== undefined && earlier.state !== 'live') requireStep(earlier.state, 'injecting');
  const epoch = await claimRollout(redis, names, id, dependencies.clock());
  const known =
    earlier === undefined ? new Map<string, RolloutAgent>() : await readRolloutAgents(redis, names, id);
  const reader = await readAcknowledgements(redis, { stream: names.acknowledgements(id), epoch });
  const plan = earlier === undefined ? options.plan : planAgain(options.plan, known);
  const rollout = new RolloutRun(dependencies, { ...options, plan }, reader);
  try {
    await rollout.begin(epoch, earlier, known);
  } catch (thrown) {
    await reader.close();
    throw thrown;
  }
  return rollout;
}

class RolloutRun implements Rollout {
  readonly #deps: RolloutDependencies;
  readonly #options: RolloutOptions;
  readonly #reader: AcknowledgementReader;
  #record!: RolloutRecord;
  readonly #agents = new Map<string, RolloutAgent>();
  /** Set while agents are returned to what they had: an abort does not leave that half done. */
  #returning = false;

  constructor(dependencies: RolloutDependencies, options: RolloutOptions, reader: AcknowledgementReader) {
    this.#deps = dependencies;
    this.#options = options;
    this.#reader = reader;
  }

  get record(): RolloutRecord {
    return this.#record;
  }

  get agents(): ReadonlyMap<string, RolloutAgent> {
    return this.#agents;
  }

  async begin(
    epoch: number,
    earlier: RolloutRecord | undefined,
    known: ReadonlyMap<string, RolloutAgent>,
  ): Promise<void> {
    const { plan, instruction, program, windowMs, goal } = this.#options;
    for (const { id, batch, heldOut } of plan.agents) {
      const before = known.get(id);
      const again = before === undefined || (before.outcome === 'failed' && earlier?.state !== 'live');
      this.#agents.set(id, again ? { outcome: 'pending', batch, heldOut } : { ...before, batch });
    }
    for (const [id, before] of known) if (!this.#agents.has(id)) this.#agents.set(id, departed(before));
    this.#record = {
      ...(goal === undefined ? {} : { goal }),
      ...earlier,
      id: instruction.id,
      instruction,
      state: earlier?.state ?? 'planned',
      epoch,
      program: {
        name: program.name,
        digest: program.digest,
        bytes: program.bytes.length,
        optimizationScore: program.optimizationScore,
        costPerTask: program.costPerTask,
        parameters: program.parameters,
      },
      agents: this.#agents.size,
      heldOut: [...this.#agents.values()].filter((agent) => agent.heldOut).length,
      batches: plan.batches.length,
      batchesDone: plan.batches.filter((batch) => batch.every(({ id }) => this.#outcomeOf(id) !== 'pending'))
        .length,
      counts: countsOf(this.#agents),
      maxFailures: plan.maxFailures,
      windowMs,
      plannedAt: earlier?.plannedAt ?? this.#deps.clock(),
    };
    await this.#write(this.#agents);
  }

  async run(): Promise<void> {
    if (this.#record.state === 'live') return;
    this.#requireSomethingLeft();
    this.#record = { ...this.#record, startedAt: this.#record.startedAt ?? this.#deps.clock() };
    const { batches } = this.#options.plan;
    let spentMs = 0;
    for (const [at, batch] of batches.entries()) {
      // The first batch is the canary; where none of it runs the program, the next one is.
      const isCanary = this.#isCanaryDue && at < batches.length - 1;
      await this.#enter(isCanary ? 'canary' : 'injecting');
      spentMs += await this.#stage(batch, isCanary ? 'canary' : 'fleet');
      if (isCanary) await this.#bake(batch);
    }
    await this.#enter('injecting');
    this.#record = { ...this.#record, stagedAt: this.#deps.clock(), injectMs: spentMs };
    await this.#goLive();
  }

  async complete({ good, reason }: { readonly good: boolean; readonly reason?: string }): Promise<void> {
    const heldOut = this.#options.plan.agents.filter(
      ({ id, heldOut }) => heldOut && this.#outcomeOf(id) === 'staged',
    );
    if (good) {
      await this.#order('live', heldOut, 'live');
    } else {
      await this.#order('undo', heldOut, 'skipped', 'the result was not good');
    }
    this.#record = { ...this.#record, finishedAt: this.#deps.clock() };
    await this.#step('complete', reason);
  }

  get #isCanaryDue(): boolean {
    return this.#record.canaryPassedAt === undefined && this.#record.state !== 'injecting';
  }

  /** Stages one batch; the milliseconds it took. */
  async #stage(batch: readonly PlannedAgent[], group: 'canary' | 'fleet'): Promise<number> {
    const pending = batch.filter(({ id }) => this.#outcomeOf(id) === 'pending');
    if (pending.length === 0) return 0;
    this.#requireGoingOn();
    const { at, staged, failed, ms } = await this.#order('stage', pending, 'staged');
    this.#record = { ...this.#record, batchesDone: this.#record.batchesDone + 1 };
    const number = (batch[0]?.batch ?? 0) + 1;
    this.#deps.report({
      type: 'batch',
      at,
      batch: number,
      batches: this.#record.batches,
      group,
      agents: pending.length,
      staged,
      failed,
      ms,
    });
    await this.#requireFewFailures();
    return ms;
  }

  /** The canary runs the program alone for a while, and is judged. */
  async #bake(canary: readonly PlannedAgent[]): Promise<void> {
    const { bakeMs } = this.#options;
    const treated = canary.filter(({ heldOut }) => !heldOut);
    this.#requireGoingOn();
    await this.#order(
      'live',
      treated.filter(({ id }) => this.#outcomeOf(id) === 'staged'),
      'live',
    );
    await this.#requireFewFailures();
    const watched = treated.filter(({ id }) => this.#outcomeOf(id) === 'live');
    if (watched.length === 0) return;
    const event = { type: 'canary', agents: watched.length, bakeMs } as const;
    this.#deps.report({ ...event, at: this.#deps.clock(), state: 'watching' });
    const verdict = await judgeCanary({
      ...this.#deps,
      instruction: this.#record.id,
      agents: watched.map(({ id }) => id),
      bakeMs,
      graceMs: this.#acknowledgeWithinMs,
    });
    this.#requireGoingOn();
    this.#deps.report({
      ...event,
      at: this.#deps.clock(),
      state: verdict.passed ? 'passed' : 'failed',
      ...(verdict.passed ? {} : { reason: verdict.reason }),
    });
    if (!verdict.passed) await this.#stop(`the canary failed: ${verdict.reason}`);
    this.#record = { ...this.#record, canaryPassedAt: this.#deps.clock() };
  }

  async #goLive(): Promise<void> {
    this.#requireGoingOn();
    const staged = this.#options.plan.agents.filter(({ id }) => this.#outcomeOf(id) === 'staged');
    const treated = staged.filter(({ heldOut }) => !heldOut);
    const heldOut = staged.filter((agent) => agent.heldOut);
    const sentAt = this.#deps.clock();
    // Both orders travel in one pipeline, so that both arms begin their window at the same moment.
    const answers = [this.#answersTo('live', treated), this.#answersTo('observe', heldOut)] as const;
    await this.#send([this.#batchOf('live', treated), this.#batchOf('observe', heldOut)]);
    await this.#settle(treated, await answers[0], { outcome: 'live', sentAt });
    await this.#settle(heldOut, await answers[1], { outcome: 'staged', sentAt });
    await this.#requireFewFailures();
    const at = this.#deps.clock();
    this.#record = { ...this.#record, liveAt: at };
    await this.#step('live');
    this.#deps.report({
      type: 'live',
      at,
      agents: this.#record.counts.live ?? 0,
      heldOut: heldOut.length,
      ms: at - sentAt,
    });
  }

  async #order(
    action: OrderAction,
    targets: readonly PlannedAgent[],
    outcome: AgentOutcome,
    reason?: string,
  ) {
    const sentAt = this.#deps.clock();
    const answers = this.#answersTo(action, targets);
    await this.#send([this.#batchOf(action, targets)]);
    const failed = await this.#settle(targets, await answers, { outcome, sentAt, reason });
    const at = this.#deps.clock();
    return { at, staged: targets.length - failed, failed, ms: at - sentAt };
  }

  /** Listens for the answers of these agents; begins before the order is sent. */
  #answersTo(action: OrderAction, targets: readonly PlannedAgent[]): Promise<Map<string, Acknowledgement>> {
    const answers = this.#reader.waitFor({
      agents: new Set(targets.map(({ id }) => id)),
      action,
      digest: this.#options.program.digest,
      withinMs: this.#acknowledgeWithinMs,
      signal: this.#signal,
    });
    // Sending may fail before anybody waits for the answers; that failure is the one to tell.
    answers.catch(() => undefined);
    return answers;
  }

  #batchOf(action: OrderAction, targets: readonly PlannedAgent[]): OrderBatch {
    const { program, windowMs } = this.#options;
    return {
      targets,
      order: {
        version: 1,
        instruction: this.#record.id,
        action,
        digest: program.digest,
        parameters: { ...program.parameters },
        epoch: this.#record.epoch,
        expires: Math.ceil(this.#deps.clock() + windowMs + limits.orderLifeMs),
        windowMs,
      },
    };
  }

  #send(batches: readonly OrderBatch[]): Promise<void> {
    return sendOrders(this.#deps.redis, this.#deps.names, this.#deps.key, batches);
  }

  /** Writes down what became of each agent; the number that failed. */
  async #settle(
    targets: readonly PlannedAgent[],
    answers: ReadonlyMap<string, Acknowledgement>,
    { outcome, sentAt, reason }: { outcome: AgentOutcome; sentAt: number; reason?: string | undefined },
  ): Promise<number> {
    const changed = new Map<string, RolloutAgent>();
    for (const { id, batch, heldOut } of targets) {
      const answer = answers.get(id);
      // Aborted while waiting: what has not answered stays as it was, and a resume asks it again.
      if (answer === undefined && this.#signal.aborted) continue;
      const place = { batch, heldOut };
      const agent =
        answer?.outcome === 'done'
          ? { ...place, outcome, ...timesOf(answer, sentAt), ...why(reason) }
          : { ...place, ...failureOf(answer, this.#acknowledgeWithinMs) };
      changed.set(id, agent);
      this.#agents.set(id, agent);
      if (agent.outcome === 'failed') this.#reportFailure(id, agent);
    }
    await this.#write(changed);
    return [...changed.values()].filter((agent) => agent.outcome === 'failed').length;
  }

  #reportFailure(agent: string, { code = '', reason = '' }: RolloutAgent): void {
    this.#deps.report({ type: 'agent-failed', at: this.#deps.clock(), agent, code, reason });
  }

  async #requireFewFailures(): Promise<void> {
    this.#requireGoingOn();
    const failed = this.#record.counts.failed ?? 0;
    const { maxFailures } = this.#record;
    if (failed > maxFailures) await this.#stop(`${failed} agents failed, ${maxFailures} are tolerated`);
  }

  /**
   * Stopped by a gate: every agent returns to what it had. Those that failed are told too, because a late one may have
   * obeyed without being heard in time, but nobody waits for them.
   */
  async #stop(reason: string): Promise<never> {
    this.#returning = true;
    const { agents } = this.#options.plan;
    const touched = agents.filter(({ id }) => ['staged', 'live'].includes(this.#outcomeOf(id)));
    const failed = agents.filter(({ id }) => this.#outcomeOf(id) === 'failed');
    await this.#send([this.#batchOf('undo', failed)]);
    const { staged: returned, failed: silent } = await this.#order('undo', touched, 'rolled_back');
    this.#record = { ...this.#record, finishedAt: this.#deps.clock() };
    await this.#step('failed', reason);
    const missing = silent === 0 ? '' : `; ${silent} have not answered`;
    throw new DreamnetError({
      code: 'DN530',
      kind: 'stopped-by-gate',
      message: `The rollout was stopped: ${reason}. ${returned} agents were returned to what they had${missing}.`,
      hint: `See why with \`dreamnet agents list\`; \`dreamnet inject --resume ${this.#record.id}\` goes on with failed and untouched agents, a canary first.`,
    });
  }

  /** What ends a wait early: an abort, except while agents are returned to what they had. */
  get #signal(): AbortSignal {
    return this.#returning ? neverAborted : this.#deps.signal;
  }

  #requireSomethingLeft(): void {
    const { pending = 0, staged = 0, live = 0, failed = 0, rolled_back = 0 } = this.#record.counts;
    if (pending + staged + live > 0) return;
    throw new DreamnetError({
      code: 'DN513',
      kind: 'bad-input',
      message: `Nothing is left to resume in ${this.#record.id}: ${rolled_back} agents were returned to what they had, ${failed} have left.`,
      hint: 'Decide anew with `dreamnet decide`.',
    });
  }

  #requireGoingOn(): void {
    if (this.#deps.signal.aborted) throw this.#aborted();
  }

  #aborted(): DreamnetError {
    const { staged = 0, live = 0, pending = 0 } = this.#record.counts;
    return new DreamnetError({
      code: 'DN531',
      kind: 'interrupted',
      message: `Interrupted. Nothing more is sent: ${live} agents are live, ${staged} staged, ${pending} untouched.`,
      hint: `Go on with \`dreamnet inject --resume ${this.#record.id}\`.`,
    });
  }

  async #enter(state: RolloutState): Promise<void> {
    if (this.#record.state !== state) await this.#step(state);
  }

  async #step(state: RolloutState, reason?: string): Promise<void> {
    requireStep(this.#record.state, state);
    const { reason: _old, ...record } = this.#record;
    this.#record = { ...record, state, ...why(reason) };
    await this.#write(new Map());
    this.#deps.report({ type: 'state', at: this.#deps.clock(), state, ...why(reason) });
  }

  async #write(changed: ReadonlyMap<string, RolloutAgent>): Promise<void> {
    this.#record = { ...this.#record, counts: countsOf(this.#agents) };
    await writeRollout(this.#deps.redis, this.#deps.names, this.#record, changed);
  }

  async markAborted(): Promise<void> {
    if (this.#record.state === 'live') return;
    await this.#step('aborted', 'interrupted by the operator');
  }

  async close(): Promise<void> {
    await this.#reader.close();
    const { redis, names } = this.#deps;
    await redis
      .pexpire(names.acknowledgements(this.#record.id), limits.acknowledgementsKeptMs)
      .catch(() => undefined);
  }

  get #acknowledgeWithinMs(): number {
    return this.#options.acknowledgeWithinMs ?? limits.acknowledgeWithinMs;
  }

  #outcomeOf(id: string): AgentOutcome {
    return this.#agents.get(id)?.outcome ?? 'pending';
  }
}

const neverAborted = new AbortController().signal;

/** The same agents are held out as before, whatever the fleet looks like now: else an agent would change sides. */
function planAgain(plan: Plan, known: ReadonlyMap<string, RolloutAgent>): Plan {
  const asBefore = (agent: PlannedAgent) => ({
    ...agent,
    heldOut: known.get(agent.id)?.heldOut ?? agent.heldOut,
  });
  const batches = plan.batches.map((batch) => batch.map(asBefore));
  const agents = batches.flat();
  return { ...plan, batches, agents, heldOut: agents.filter(({ heldOut }) => heldOut).length };
}

/** An agent of the rollout that is not in the registry any more: what was not finished with it never will be. */
function departed(before: RolloutAgent): RolloutAgent {
  const { outcome, batch, heldOut } = before;
  if (outcome !== 'pending' && outcome !== 'staged') return before;
  return { outcome: 'failed', batch, heldOut, code: 'DN542', reason: 'it has left the fleet' };
}

function countsOf(agents: ReadonlyMap<string, RolloutAgent>): RolloutRecord['counts'] {
  const counts = { pending: 0, staged: 0, live: 0, failed: 0, skipped: 0, rolled_back: 0 };
  for (const { outcome } of agents.values()) counts[outcome]++;
  return counts;
}

function timesOf(answer: Acknowledgement, sentAt: number): Pick<RolloutAgent, 'acknowledgedMs' | 'loadMs'> {
  const acknowledgedMs = Math.max(0, answer.at - sentAt);
  return answer.timings === undefined
    ? { acknowledgedMs }
    : { acknowledgedMs, loadMs: answer.timings.totalMs };
}

function failureOf(
  answer: Acknowledgement | undefined,
  withinMs: number,
): Omit<RolloutAgent, 'batch' | 'heldOut'> {
  if (answer === undefined) {
    return { outcome: 'failed', code: 'DN540', reason: `no acknowledgement within ${withinMs} ms` };
  }
  return { outcome: 'failed', code: answer.code ?? 'DN541', reason: answer.reason ?? answer.outcome };
}

function why(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

function alreadyRolledOut(record: RolloutRecord): DreamnetError {
  return new DreamnetError({
    code: 'DN512',
    kind: 'bad-input',
    message: `Instruction ${record.id} has been rolled out already: it is ${record.state}.`,
    hint: `Go on with \`dreamnet inject --resume ${record.id}\`, or decide anew with \`dreamnet decide\`.`,
  });
}
