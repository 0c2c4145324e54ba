/**
 * The course of one rollout: stage batch after batch, bake the canary, go live together, end the window. Before each order
 * it does what was wished of it from elsewhere (`obey`).
 */

import type { GateVerdict } from '../nerve/messages/gate-verdict.js';
import type { RolloutRecord, RolloutState } from '../nerve/messages/rollout-record.js';
import { type Gates, isOpen } from './gates/gates.js';
import { acceptedVerdicts, keptVerdicts, saysSomething } from './gates/verdicts.js';
import type { HeldRollout } from './held-rollout.js';
import { Obedience } from './obey-wishes.js';
import type { PlannedAgent } from './plan.js';
import type { Rollout, RolloutDependencies, RolloutOptions, RolloutVerdict } from './rollout.js';
import { agentsToReturn } from './rollout-agents.js';
import { nothingLeft, stoppedByGate } from './rollout-refusals.js';
import type { WishWatch } from './wishes.js';

export class RolloutRun implements Rollout {
  readonly #deps: RolloutDependencies & { readonly wishes: WishWatch };
  readonly #options: RolloutOptions;
  readonly #held: HeldRollout;
  readonly #obedience: Obedience;
  readonly #gates: Gates;

  constructor(
    dependencies: RolloutDependencies & { readonly wishes: WishWatch },
    options: RolloutOptions,
    { held, gates }: { readonly held: HeldRollout; readonly gates: Gates },
  ) {
    this.#deps = dependencies;
    this.#options = options;
    this.#held = held;
    this.#gates = gates;
    this.#obedience = new Obedience(dependencies, held, options.plan.agents);
  }

  get record(): RolloutRecord {
    return this.#held.record;
  }

  get agents() {
    return this.#held.agents;
  }

  get interrupted(): AbortSignal {
    return this.#held.signal;
  }

  async run(): Promise<void> {
    if (this.record.state === 'live') return;
    this.#requireSomethingLeft();
    this.#held.amend({ startedAt: this.record.startedAt ?? this.#deps.clock() });
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
    this.#held.amend({ stagedAt: this.#deps.clock(), injectMs: spentMs });
    await this.#goLive();
  }

  async complete({ verdict, reason }: RolloutVerdict): Promise<void> {
    // The result is out: what follows from it is done to the end, unless somebody wants it otherwise.
    await this.#obedience.obeyOnce();
    this.#held.isFinishing = true;
    const { agents } = this.#options.plan;
    const heldOut = agents.filter((agent) => agent.heldOut && this.#held.outcomeOf(agent.id) === 'staged');
    if (verdict === 'good') await this.#held.order('live', heldOut, 'live');
    else await this.#held.order('undo', heldOut, 'skipped', 'the result was not good');
    if (verdict === 'harmful') {
      const live = agents.filter(({ id }) => this.#held.outcomeOf(id) === 'live');
      await this.#held.order('undo', live, 'rolled_back', reason);
    }
    this.#held.amend({ finishedAt: this.#deps.clock() });
    await this.#held.step(verdict === 'harmful' ? 'rolled_back' : 'complete', { reason });
  }

  obey(): Promise<void> {
    return this.#obedience.obey();
  }

  get #isCanaryDue(): boolean {
    return this.record.canaryPassedAt === undefined && this.record.state !== 'injecting';
  }

  /** Stages one batch; the milliseconds it took. */
  async #stage(batch: readonly PlannedAgent[], group: 'canary' | 'fleet'): Promise<number> {
    const pending = batch.filter(({ id }) => this.#held.outcomeOf(id) === 'pending');
    if (pending.length === 0) return 0;
    await this.obey();
    const { at, done, failed, ms } = await this.#held.order('stage', pending, 'staged');
    this.#held.amend({ batchesDone: this.record.batchesDone + 1 });
    this.#deps.report({
      type: 'batch',
      at,
      batch: (batch[0]?.batch ?? 0) + 1,
      batches: this.record.batches,
      group,
      agents: pending.length,
      staged: done,
      failed,
      ms,
    });
    await this.#passGates((batch[0]?.batch ?? 0) + 1);
    return ms;
  }

  /** The canary runs the program alone for a while, and is judged. */
  async #bake(canary: readonly PlannedAgent[]): Promise<void> {
    const { bakeMs } = this.#options;
    const treated = canary.filter(({ heldOut }) => !heldOut);
    await this.obey();
    const staged = treated.filter(({ id }) => this.#held.outcomeOf(id) === 'staged');
    await this.#held.order('live', staged, 'live');
    const number = (canary[0]?.batch ?? 0) + 1;
    await this.#requireAnswers(number);
    const watched = treated.filter(({ id }) => this.#held.outcomeOf(id) === 'live');
    if (watched.length === 0) return;
    const event = { type: 'canary', agents: watched.length, bakeMs } as const;
    this.#deps.report({ ...event, at: this.#deps.clock(), state: 'watching' });
    const verdicts = await this.#watch(watched, number);
    const stopper = verdicts.find(({ verdict }) => verdict === 'failed') ?? verdicts.find(isOpen);
    this.#deps.report({
      ...event,
      at: this.#deps.clock(),
      state: stopper?.verdict ?? 'passed',
      ...(stopper === undefined ? {} : { reason: stopper.text }),
    });
    await this.#heed(verdicts);
    this.#held.amend({ canaryPassedAt: this.#deps.clock() });
  }

  /** A wish ends the watching early; what was left of the time is watched after it. */
  async #watch(watched: readonly PlannedAgent[], batch: number): Promise<readonly GateVerdict[]> {
    let leftMs = this.#options.bakeMs;
    for (;;) {
      const begunAt = this.#deps.clock();
      const signal = AbortSignal.any([this.#deps.signal, this.#deps.wishes.waiting]);
      const agents = watched.map(({ id }) => id);
      const verdicts = await this.#gates.watch({ agents, batch, forMs: leftMs, signal });
      await this.obey();
      if (verdicts !== undefined) return verdicts;
      leftMs = Math.max(1, leftMs - (this.#deps.clock() - begunAt));
    }
  }

  async #goLive(): Promise<void> {
    await this.obey();
    const staged = this.#options.plan.agents.filter(({ id }) => this.#held.outcomeOf(id) === 'staged');
    const treated = staged.filter(({ heldOut }) => !heldOut);
    const heldOut = staged.filter((agent) => agent.heldOut);
    const sentAt = this.#deps.clock();
    // Both orders travel in one pipeline, so that both arms begin their window at the same moment.
    const held = this.#held;
    const answers = [held.answersTo('live', treated), held.answersTo('observe', heldOut)] as const;
    await held.send([held.batchOf('live', treated), held.batchOf('observe', heldOut)]);
    await held.settle(treated, await answers[0], { outcome: 'live', sentAt });
    await held.settle(heldOut, await answers[1], { outcome: 'staged', sentAt });
    await this.#requireAnswers(this.record.batches);
    const at = this.#deps.clock();
    this.#held.amend({ liveAt: at });
    await held.step('live');
    const live = this.record.counts.live ?? 0;
    this.#deps.report({ type: 'live', at, agents: live, heldOut: heldOut.length, ms: at - sentAt });
    // Who asked for a pause while it went live is told that it is too late.
    await this.obey();
  }

  async #requireAnswers(batch: number): Promise<void> {
    await this.obey();
    await this.#heed([this.#gates.judgeAnswers(batch)]);
  }

  async #passGates(batch: number): Promise<void> {
    await this.obey();
    const signal = AbortSignal.any([this.#deps.signal, this.#deps.wishes.waiting]);
    const verdicts = await this.#gates.afterBatch(batch, signal);
    await this.obey();
    await this.#heed(verdicts);
  }

  /** Stops where a gate failed, and waits for an operator where one does not know; what they found is in the record. */
  async #heed(verdicts: readonly GateVerdict[]): Promise<void> {
    this.#held.amend({ gates: keptVerdicts(this.record.gates ?? [], verdicts) });
    const told = verdicts.filter(saysSomething);
    if (told.length > 0) this.#deps.report({ type: 'gate', at: this.#deps.clock(), verdicts: told });
    const failed = verdicts.find(({ verdict }) => verdict === 'failed');
    if (failed !== undefined) await this.#stop(reasonOf(failed));
    const open = verdicts.filter(isOpen);
    if (open.length === 0) return;
    const control = await this.#obedience.pauseBecause(open.map(reasonOf).join('; '));
    const accepted = { by: control?.by ?? this.#deps.name, at: control?.at ?? this.#deps.clock() };
    this.#gates.accept(open, accepted);
    this.#held.amend({ gates: acceptedVerdicts(this.record.gates ?? [], accepted) });
    await this.#held.write(new Map());
  }

  /** Stopped by a gate: every agent returns to what it had. */
  async #stop(reason: string): Promise<never> {
    const { agents } = this.#options.plan;
    const known = agents.filter(({ id }) => this.#held.outcomeOf(id) !== 'pending');
    const { returned, silent } = await this.#held.takeBack(agentsToReturn(known, this.agents));
    this.#held.amend({ finishedAt: this.#deps.clock() });
    await this.#held.step('failed', { reason });
    throw stoppedByGate(this.record, { reason, returned, silent });
  }

  #requireSomethingLeft(): void {
    const { pending = 0, staged = 0, live = 0 } = this.record.counts;
    if (pending + staged + live === 0) throw nothingLeft(this.record);
  }

  async #enter(state: RolloutState): Promise<void> {
    if (this.record.state !== state) await this.#held.step(state);
  }

  async markAborted(): Promise<void> {
    if (this.record.state === 'live') return;
    await this.#held.step('aborted', { reason: 'interrupted by the operator' });
  }

  close(): Promise<void> {
    return this.#held.close();
  }
}

function reasonOf({ stage, text, verdict }: GateVerdict): string {
  if (verdict === 'inconclusive') return `not sure that it does no harm: ${text}`;
  return stage === 'bake' ? `the canary failed: ${text}` : text;
}
