/**
 * The course of one rollout: stage batch after batch, bake the canary, go live together, end the window. Every step writes
 * down what became of each agent before the next order goes out; every write is fenced by the coordinator's epoch.
 */
import { limits } from '../limits.js';
import type { Acknowledgement, OrderAction } from '../nerve/messages/order.js';
import type {
  AgentOutcome,
  RolloutAgent,
  RolloutRecord,
  RolloutState,
} from '../nerve/messages/rollout-record.js';
import { writeRollout } from '../nerve/rollout-records.js';
import type { AcknowledgementReader } from './acknowledgements.js';
import { judgeCanary } from './judge-canary.js';
import type { PlannedAgent } from './plan.js';
import type { Rollout, RolloutDependencies, RolloutOptions, RolloutVerdict } from './rollout.js';
import { countsOf, settledAgent, startingAgents } from './rollout-agents.js';
import { abortedByOperator, nothingLeft, stoppedByGate } from './rollout-refusals.js';
import { type OrderBatch, sendOrders } from './send-orders.js';
import { requireStep } from './states.js';

export class RolloutRun implements Rollout {
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
    for (const [id, agent] of startingAgents(plan, known, earlier?.state === 'live'))
      this.#agents.set(id, agent);
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

  async complete({ verdict, reason }: RolloutVerdict): Promise<void> {
    const { agents } = this.#options.plan;
    const heldOut = agents.filter((agent) => agent.heldOut && this.#outcomeOf(agent.id) === 'staged');
    if (verdict === 'good') await this.#order('live', heldOut, 'live');
    else await this.#order('undo', heldOut, 'skipped', 'the result was not good');
    if (verdict === 'harmful') {
      this.#returning = true;
      await this.#order(
        'undo',
        agents.filter(({ id }) => this.#outcomeOf(id) === 'live'),
        'rolled_back',
        reason,
      );
    }
    this.#record = { ...this.#record, finishedAt: this.#deps.clock() };
    await this.#step(verdict === 'harmful' ? 'rolled_back' : 'complete', reason);
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
    for (const target of targets) {
      const { id } = target;
      const answer = answers.get(id);
      // Aborted while waiting: what has not answered stays as it was, and a resume asks it again.
      if (answer === undefined && this.#signal.aborted) continue;
      const withinMs = this.#acknowledgeWithinMs;
      const agent = settledAgent(target, answer, { outcome, sentAt, withinMs, reason });
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
    throw stoppedByGate(this.#record, { reason, returned, silent });
  }

  /** What ends a wait early: an abort, except while agents are returned to what they had. */
  get #signal(): AbortSignal {
    return this.#returning ? neverAborted : this.#deps.signal;
  }

  #requireSomethingLeft(): void {
    const { pending = 0, staged = 0, live = 0 } = this.#record.counts;
    if (pending + staged + live === 0) throw nothingLeft(this.#record);
  }

  #requireGoingOn(): void {
    if (this.#deps.signal.aborted) throw abortedByOperator(this.#record);
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
    this.#reader.close();
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

function why(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason };
}
