/**
 * One agent: which program it runs, holds ready and had before; orders in, acknowledgement outcomes out; each tick runs
 * the live program over the task table and applies its effects. It does no input or output: its host process does.
 */
import type { Capabilities } from '../language/capabilities.js';
import { limits } from '../limits.js';
import type { AgentStatus, TickMetrics, WindowReport } from '../nerve/messages/agent-record.js';
import type { Order } from '../nerve/messages/order.js';
import type { UnappliedEffects } from '../nerve/messages/trace-record.js';
import type { Proposal } from './begun-effect.js';
import { createEffectTally, type EffectEnd } from './effect-tally.js';
import { Effects } from './effects.js';
import { type HeldProgram, isSame, parameterProblem, type RunProgram } from './held-program.js';
import type { LoadedProgram } from './load-program.js';
import { totalOf } from './measured-metrics.js';
import { done, notStaged, type OrderOutcome, otherProgram, refused, undoOutcome } from './order-outcome.js';
import { type EvaluationOutcome, runProgram } from './run-program.js';
import { settledWithin } from './settled-within.js';
import { createTaskHistory } from './task-history.js';
import { openWindow, type WindowMeasurement, type WindowTotals } from './window-measurement.js';
import type { RunCounts, TaskView, Workload } from './workload.js';

export interface TickOutcome {
  readonly metrics: TickMetrics;
  /** Effects applied since the tick before, by action name. */
  readonly effects: Readonly<Record<string, number>>;
  /** Those that did not apply. */
  readonly unapplied?: UnappliedEffects;
  /** Instructions executed: rows times the upper bound per task. */
  readonly steps: number;
  readonly error?: string;
}

/** Programs that an agent can return to, and undone instructions that it remembers: more than anybody takes back. */
const rememberedMax = 16;

export class Agent {
  readonly id: string;
  readonly workload: Workload;
  readonly labels: Readonly<Record<string, string>>;
  /** What its workload offers to programs. */
  readonly capabilities: Capabilities;
  readonly #history = createTaskHistory();
  readonly #effects: Effects;
  readonly #tally = createEffectTally();
  #live: RunProgram | undefined;
  #staged: HeldProgram | undefined;
  /** Programs that were live before, oldest first; each keeps what it did, and does none of it twice when it returns. */
  #former: RunProgram[] = [];
  /** Instruction -> epoch in which it was undone: what that coordinator sent earlier must not bring it back. */
  readonly #undone = new Map<string, number>();
  #observing = false;
  #epoch = 0;
  #window: WindowMeasurement | undefined;
  #windowEndsAtMs = 0;
  #report: WindowReport | undefined;
  #runsBefore: RunCounts | undefined;
  #applied = 0;
  #refused = 0;

  constructor(options: {
    id: string;
    workload: Workload;
    /** Those of the workload and these, which come first. */
    labels?: Readonly<Record<string, string>>;
  }) {
    this.id = options.id;
    this.workload = options.workload;
    this.labels = { ...options.workload.labels, ...options.labels };
    this.capabilities = options.workload.capabilities;
    this.#effects = new Effects({
      workload: options.workload,
      ended: (proposal, end) => this.#count(proposal, end),
      isUndone: (instruction) => this.#undone.has(instruction) && !this.#holds(instruction),
    });
  }

  get live(): HeldProgram | undefined {
    return this.#live?.held;
  }

  get staged(): HeldProgram | undefined {
    return this.#staged;
  }

  /** Instructions whose programs it can return to, the newest last. */
  get former(): readonly string[] {
    return this.#former.map(({ held }) => held.instruction);
  }

  get status(): AgentStatus {
    if (this.#observing) return 'observing';
    if (this.#staged !== undefined) return 'staged';
    return this.#live === undefined ? 'idle' : 'live';
  }

  /** The newest window report: kept when the window has ended. */
  get report(): WindowReport | undefined {
    return this.#report;
  }

  /** True while a window is being measured, so that the host ticks fast. */
  get measuring(): boolean {
    return this.#window !== undefined;
  }

  /** Refuses orders of coordinators that have been replaced, and those that an undo has overtaken; otherwise remembers the epoch. */
  admit(order: Order): OrderOutcome {
    if (order.epoch < this.#epoch) {
      return refused(
        'DN615',
        `the order has epoch ${order.epoch}, this agent has obeyed epoch ${this.#epoch}`,
      );
    }
    if (order.action !== 'undo' && order.epoch <= (this.#undone.get(order.instruction) ?? 0)) {
      return refused('DN617', `${order.instruction} has been undone in epoch ${order.epoch}`);
    }
    this.#epoch = order.epoch;
    return done;
  }

  stage(order: Order, loaded: LoadedProgram, nowMs: number): OrderOutcome {
    const problem = parameterProblem(loaded, order.parameters);
    if (problem !== undefined) return refused('DN604', problem);
    const held = { instruction: order.instruction, loaded, parameters: order.parameters };
    const known = [this.#live?.held, this.#staged].find((one) => one?.instruction === order.instruction);
    if (known !== undefined && isSame(known, held)) return done;
    if (known !== undefined && known === this.#live?.held) return otherProgram(order, known);
    if (this.#observing) this.#closeWindow(nowMs);
    this.#staged = held;
    this.#observing = false;
    return done;
  }

  /** Runs what is staged from now on; a second such order changes nothing. */
  goLive(order: Order, nowMs: number): OrderOutcome {
    const live = this.#live?.held;
    if (live?.instruction === order.instruction)
      return live.loaded.program.digest === order.digest ? done : otherProgram(order, live);
    const staged = this.#heldFor(order);
    if (staged === undefined) return notStaged(order);
    const late = this.#observing;
    this.#switchTo(staged);
    if (late) this.#closeWindow(nowMs);
    else this.#openWindow(order, 'treated', nowMs);
    this.#effects.timeIs(nowMs);
    this.#evaluate(this.workload.view(), this.#window);
    return done;
  }

  /** Measures as held-out agent: the staged program runs in shadow once, to know which tasks it would have touched. */
  observe(order: Order, nowMs: number): OrderOutcome {
    if (this.#observing && this.#heldFor(order) !== undefined) return done;
    const staged = this.#heldFor(order);
    if (staged === undefined) return notStaged(order);
    this.#observing = true;
    this.#openWindow(order, 'held-out', nowMs);
    const view = this.workload.view();
    const window = this.#window;
    staged.loaded.instance.run(view, staged.parameters, (action, row, argument) => {
      const id = view.ids[row];
      if (id !== undefined) window?.assign(id, action, argument);
    });
    return done;
  }

  /**
   * Returns to the program and parameters held before the instruction, and takes back what it set on tasks, whether it is
   * known here or not: it may have been live in an earlier life. An instruction that has been followed by others is taken out
   * from among those that they would return to. DN630 says that what it set is perhaps still set; the same order tries again.
   */
  undo(order: Order, nowMs: number): OrderOutcome | Promise<OrderOutcome> {
    this.#undone.delete(order.instruction);
    this.#undone.set(order.instruction, order.epoch);
    dropOldest(this.#undone);
    if (this.#staged?.instruction === order.instruction) {
      this.#staged = undefined;
      if (this.#observing) this.#closeWindow(nowMs);
      this.#observing = false;
    }
    this.#former = this.#former.filter(({ held }) => held.instruction !== order.instruction);
    if (this.#live?.held.instruction === order.instruction) {
      this.#closeWindow(nowMs);
      this.#live = this.#former.pop();
    }
    const reverted = this.#effects.revert(order.instruction);
    return reverted instanceof Promise ? reverted.then(undoOutcome) : undoOutcome(reverted);
  }

  /**
   * Puts an order of an earlier life back in force, without measuring; `loaded` is missing when its bytes are. What was
   * undone is taken back once more: the earlier life may have ended before that was done.
   */
  restore(order: Order, loaded: LoadedProgram | undefined): OrderOutcome | Promise<OrderOutcome> | undefined {
    if (this.admit(order).outcome !== 'done') return undefined;
    const { action, instruction, parameters } = order;
    switch (action) {
      case 'stage':
        if (loaded !== undefined) this.stage(order, loaded, 0);
        return undefined;
      case 'live': {
        if (loaded === undefined || this.#live?.held.instruction === instruction) return undefined;
        if (parameterProblem(loaded, parameters) === undefined)
          this.#switchTo({ instruction, loaded, parameters });
        return undefined;
      }
      case 'observe':
        this.#observing = this.#heldFor(order) !== undefined;
        return undefined;
      case 'undo':
        return this.undo(order, 0);
      default:
        return action satisfies never;
    }
  }

  /** Leaves undone what an order says was undone whose signature cannot be asked: so it decides no epoch. */
  restoreUndone(order: Order): OrderOutcome | Promise<OrderOutcome> {
    return this.undo({ ...order, epoch: Math.min(order.epoch, this.#epoch) }, 0);
  }

  tick(nowMs: number): TickOutcome {
    this.workload.advance(nowMs);
    const view = this.workload.view();
    this.#history.observe(view);
    this.#window?.observe(view);
    this.#countRuns();
    this.#forgetGone(view);
    this.#effects.nextTick(nowMs);
    const evaluated = this.#evaluate(view, undefined);
    if (this.#window !== undefined) this.#report = this.#window.report(nowMs);
    if (nowMs >= this.#windowEndsAtMs) this.#window = undefined;
    return { metrics: this.metricsAt(nowMs), ...this.#tally.take(), ...evaluated };
  }

  /** Ends what its workload does, within a bounded time; what was applied stays applied. */
  async close(): Promise<void> {
    await this.#effects.close(limits.closeWithinMs / 2);
    const closing = (async () => this.workload.close?.())();
    await settledWithin(closing, limits.closeWithinMs / 2);
  }

  /** Live, or to return to. */
  #holds(instruction: string): boolean {
    const programs = [this.#live, ...this.#former];
    return programs.some((program) => program?.held.instruction === instruction);
  }

  #switchTo(held: HeldProgram): void {
    if (this.#live !== undefined) {
      this.#effects.withdraw(this.#live.held.instruction);
      this.#former.push(this.#live);
    }
    if (this.#former.length > rememberedMax) this.#former.shift();
    this.#live = { held, acted: new Map() };
    if (this.#staged?.instruction === held.instruction) this.#staged = undefined;
    this.#observing = false;
  }

  #heldFor(order: Order): HeldProgram | undefined {
    const staged = this.#staged;
    return staged?.instruction === order.instruction && staged.loaded.program.digest === order.digest
      ? staged
      : undefined;
  }

  #openWindow(order: Order, arm: WindowReport['arm'], nowMs: number): void {
    this.workload.advance(nowMs);
    const view = this.workload.view();
    this.#window = openWindow({
      instruction: order.instruction,
      arm,
      sinceMs: nowMs,
      history: this.#history,
      view,
    });
    this.#windowEndsAtMs = nowMs + order.windowMs;
    this.#runsBefore = this.workload.counters();
    this.#report = this.#window.report(nowMs);
  }

  #closeWindow(nowMs: number): void {
    if (this.#window !== undefined) this.#report = this.#window.report(nowMs);
    this.#window = undefined;
  }

  /** Runs the live program over the table; `assignTo` is the window whose groups this first evaluation decides. */
  #evaluate(view: TaskView, assignTo: WindowMeasurement | undefined): EvaluationOutcome {
    if (this.#live === undefined) return { steps: 0 };
    const outcome = runProgram({
      program: this.#live,
      view,
      effects: this.#effects,
      capabilities: this.capabilities,
      onEffect: (id, action, argument) => assignTo?.assign(id, action, argument),
    });
    const totals = this.#totalsOf(this.#live.held.instruction);
    if (totals === undefined) return outcome;
    totals.steps += outcome.steps;
    if (outcome.error !== undefined) countError(totals, outcome.error);
    return outcome;
  }

  /** Tasks come and go; what was done to those that have gone need not be remembered. */
  #forgetGone(view: TaskView): void {
    for (const { acted, heldBack } of [...this.#former, ...(this.#live === undefined ? [] : [this.#live])]) {
      for (const tasks of heldBack === undefined ? [acted] : [acted, heldBack]) {
        if (tasks.size <= 2 * view.rows + 16) continue;
        const present = new Set(view.ids);
        for (const id of tasks.keys()) if (!present.has(id)) tasks.delete(id);
      }
    }
  }

  /** Into the agent's own totals, what the next tick tells, and the window of the instruction. */
  #count({ program, action, task }: Proposal, end: EffectEnd): void {
    this.#tally.note(action, task, end);
    const totals = this.#totalsOf(program.held.instruction);
    switch (end.kind) {
      case 'applied':
        this.#applied++;
        if (totals === undefined) return;
        totals.applied++;
        totals.effects.set(action, (totals.effects.get(action) ?? 0) + 1);
        return;
      case 'refused':
        this.#refused++;
        if (totals !== undefined) totals.refused++;
        return;
      case 'failed':
        if (totals !== undefined) countError(totals, `${action}: ${end.reason}`);
        return;
      case 'over-budget':
      case 'put-off':
        return;
      default:
        end satisfies never;
    }
  }

  /** Of the window that is measured for the instruction, where it is. */
  #totalsOf(instruction: string): WindowTotals | undefined {
    return this.#window?.instruction === instruction && !this.#observing ? this.#window.totals : undefined;
  }

  #countRuns(): void {
    if (this.#window === undefined) return;
    const before = this.#runsBefore;
    const now = this.workload.counters();
    if (before === undefined || now === undefined) return;
    this.#window.totals.completed = now.completed - before.completed;
    this.#window.totals.failed = now.failed - before.failed;
  }

  /** What a tick reports of the tasks, as they are now. */
  metricsAt(nowMs: number): TickMetrics {
    const view = this.workload.view();
    const latency = totalOf(view, 'latency');
    return {
      at: nowMs,
      tasks: view.rows,
      cost: totalOf(view, 'cost')?.sum,
      latency: latency && latency.rows > 0 ? latency.sum / latency.rows : undefined,
      throughput: totalOf(view, 'throughput')?.sum,
      memory: totalOf(view, 'memory')?.sum,
      cpuTime: totalOf(view, 'cpu_time')?.sum,
      ...this.workload.counters(),
      applied: this.#applied,
      refused: this.#refused,
    };
  }
}

function countError(totals: WindowTotals, reason: string): void {
  totals.errors++;
  totals.lastError = reason;
}

function dropOldest(map: Map<string, number>): void {
  const oldest = map.keys().next().value;
  if (map.size > rememberedMax && oldest !== undefined) map.delete(oldest);
}
