/**
 * One agent: which program it runs, holds ready and had before; orders in, acknowledgement outcomes out; each tick runs
 * the live program over the task table and applies its effects. It does no input or output: its host process does.
 */
import { type ActionCapability, actionByCode, type Capabilities } from '../language/capabilities.js';
import { limits } from '../limits.js';
import type { AgentStatus, TickMetrics, WindowReport } from '../nerve/messages/agent-record.js';
import type { Order } from '../nerve/messages/order.js';
import type { LoadedProgram } from './load-program.js';
import { sumOf } from './measured-metrics.js';
import { createTaskHistory } from './task-history.js';
import { openWindow, type WindowMeasurement } from './window-measurement.js';
import type { TaskId, TaskView, Workload } from './workload.js';

/** A program with the values that one instruction gives its parameters. */
export interface HeldProgram {
  readonly instruction: string;
  readonly loaded: LoadedProgram;
  readonly parameters: Readonly<Record<string, number>>;
}

export type OrderOutcome =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'refused' | 'failed'; readonly code: string; readonly reason: string };

export interface TickOutcome {
  readonly metrics: TickMetrics;
  /** Effects applied in this tick by action name. */
  readonly effects: Readonly<Record<string, number>>;
  /** Instructions executed: rows times the upper bound per task. */
  readonly steps: number;
  readonly error?: string;
}

const done: OrderOutcome = { outcome: 'done' };

export class Agent {
  readonly id: string;
  readonly workload: Workload;
  readonly capabilities: ReadonlySet<string>;
  readonly #language: Capabilities;
  readonly #history = createTaskHistory();
  /** Per task: bit set of the actions that the live instruction has already applied, so that each acts once. */
  #acted = new Map<TaskId, number>();
  #live: HeldProgram | undefined;
  #staged: HeldProgram | undefined;
  #previous: HeldProgram | undefined;
  #observing = false;
  #epoch = 0;
  #window: WindowMeasurement | undefined;
  #windowEndsAtMs = 0;
  #report: WindowReport | undefined;
  #runsBefore: ReturnType<Workload['counters']> = { completed: 0, failed: 0 };
  #applied = 0;
  #refused = 0;

  constructor(options: { id: string; workload: Workload; language: Capabilities }) {
    this.id = options.id;
    this.workload = options.workload;
    this.capabilities = new Set(options.workload.capabilities);
    this.#language = options.language;
  }

  get live(): HeldProgram | undefined {
    return this.#live;
  }

  get staged(): HeldProgram | undefined {
    return this.#staged;
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

  /** Refuses orders of coordinators that have been replaced; otherwise remembers the epoch. */
  admit(order: Order): OrderOutcome {
    if (order.epoch < this.#epoch) {
      return refused(
        'DN615',
        `the order has epoch ${order.epoch}, this agent has obeyed epoch ${this.#epoch}`,
      );
    }
    this.#epoch = order.epoch;
    return done;
  }

  stage(order: Order, loaded: LoadedProgram): OrderOutcome {
    const problem = parameterProblem(loaded, order.parameters);
    if (problem !== undefined) return refused('DN604', problem);
    if (this.#live?.instruction === order.instruction) return done;
    this.#staged = { instruction: order.instruction, loaded, parameters: order.parameters };
    this.#observing = false;
    return done;
  }

  /** Runs what is staged from now on; a second such order changes nothing. */
  goLive(order: Order, nowMs: number): OrderOutcome {
    if (this.#live?.instruction === order.instruction) return done;
    const staged = this.#heldFor(order);
    if (staged === undefined) return notStaged(order);
    const late = this.#observing;
    if (this.#live?.instruction !== staged.instruction) this.#previous = this.#live;
    this.#live = staged;
    this.#staged = undefined;
    this.#observing = false;
    this.#acted = new Map();
    if (late) this.#closeWindow(nowMs);
    else this.#openWindow(order, 'treated', nowMs);
    this.#evaluate(this.workload.view(), this.#window);
    return done;
  }

  /** Measures as held-out agent: the staged program runs in shadow once, to know which tasks it would have touched. */
  observe(order: Order, nowMs: number): OrderOutcome {
    if (this.#observing && this.#staged?.instruction === order.instruction) return done;
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

  /** Returns to the program and parameters held before the instruction; what it set on tasks is taken back. */
  undo(order: Order, nowMs: number): OrderOutcome {
    if (this.#staged?.instruction === order.instruction) {
      this.#staged = undefined;
      this.#observing = false;
      this.#closeWindow(nowMs);
    }
    if (this.#live?.instruction !== order.instruction) return done;
    this.#closeWindow(nowMs);
    this.workload.revert(order.instruction);
    this.#live = this.#previous;
    this.#previous = undefined;
    this.#acted = new Map();
    return done;
  }

  /** Puts an order of an earlier life back in force, without measuring. */
  restore(order: Order, loaded: LoadedProgram | undefined): void {
    this.#epoch = Math.max(this.#epoch, order.epoch);
    if (order.action === 'undo') this.undo(order, 0);
    if (loaded === undefined) return;
    const held = { instruction: order.instruction, loaded, parameters: order.parameters };
    if (order.action === 'stage' && this.#live?.instruction !== order.instruction) this.#staged = held;
    if (order.action === 'live') {
      if (this.#live?.instruction !== order.instruction) this.#previous = this.#live;
      this.#live = held;
      this.#staged = undefined;
    }
  }

  tick(nowMs: number): TickOutcome {
    this.workload.advance(nowMs);
    const view = this.workload.view();
    this.#history.observe(view);
    this.#window?.observe(view);
    this.#countRuns();
    const evaluated = this.#evaluate(view, undefined);
    if (this.#window !== undefined) this.#report = this.#window.report(nowMs);
    if (nowMs >= this.#windowEndsAtMs) this.#window = undefined;
    return { metrics: this.#metrics(view, nowMs), ...evaluated };
  }

  #heldFor(order: Order): HeldProgram | undefined {
    const staged = this.#staged;
    return staged?.instruction === order.instruction && staged.loaded.digest === order.digest
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
  #evaluate(view: TaskView, assignTo: WindowMeasurement | undefined): Omit<TickOutcome, 'metrics'> {
    const live = this.#live;
    if (live === undefined) return { effects: {}, steps: 0 };
    const applied = new Map<string, number>();
    const steps = view.rows * live.loaded.program.costPerTask.max;
    let error: string | undefined;
    try {
      const effects: [action: number, row: number, argument: number][] = [];
      live.loaded.instance.run(view, live.parameters, (action, row, argument) =>
        effects.push([action, row, argument]),
      );
      for (const [action, row, argument] of effects) {
        const id = view.ids[row];
        if (id !== undefined) assignTo?.assign(id, action, argument);
        const name = this.#apply({ action, row, argument, instruction: live.instruction }, id);
        if (name !== undefined) applied.set(name, (applied.get(name) ?? 0) + 1);
      }
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.message : String(thrown);
    }
    this.#count(applied, steps, error);
    return { effects: Object.fromEntries(applied), steps, ...(error === undefined ? {} : { error }) };
  }

  /** Applies one effect if the agent allows it; the action's name when it was applied. */
  #apply(
    effect: { action: number; row: number; argument: number; instruction: string },
    id: TaskId | undefined,
  ): string | undefined {
    const capability = actionByCode(this.#language, effect.action);
    const bit = 1 << (effect.action - 1);
    const acted = id === undefined ? 0 : (this.#acted.get(id) ?? 0);
    if ((acted & bit) !== 0) return undefined;
    if (id !== undefined) this.#acted.set(id, acted | bit);
    if (
      capability === undefined ||
      !this.capabilities.has(capability.name) ||
      !argumentFits(capability, effect.argument)
    ) {
      this.#refuse();
      return undefined;
    }
    const outcome = this.workload.apply({ ...effect, action: capability.name });
    if (!outcome.applied) {
      this.#refuse();
      return undefined;
    }
    this.#applied++;
    return capability.name;
  }

  #refuse(): void {
    this.#refused++;
    if (this.#window !== undefined) this.#window.totals.refused++;
  }

  #count(applied: ReadonlyMap<string, number>, steps: number, error: string | undefined): void {
    const totals = this.#window?.totals;
    if (totals === undefined || this.#observing) return;
    totals.steps += steps;
    for (const [name, count] of applied) {
      totals.applied += count;
      totals.effects.set(name, (totals.effects.get(name) ?? 0) + count);
    }
    if (error === undefined) return;
    totals.errors++;
    totals.lastError = error.slice(0, limits.reasonCharactersMax);
  }

  #countRuns(): void {
    if (this.#window === undefined) return;
    const { completed, failed } = this.workload.counters();
    this.#window.totals.completed = completed - this.#runsBefore.completed;
    this.#window.totals.failed = failed - this.#runsBefore.failed;
  }

  #metrics(view: TaskView, nowMs: number): TickMetrics {
    const { completed, failed } = this.workload.counters();
    return {
      at: nowMs,
      tasks: view.rows,
      cost: sumOf(view, 'cost'),
      latency: view.rows === 0 ? 0 : sumOf(view, 'latency') / view.rows,
      throughput: sumOf(view, 'throughput'),
      memory: sumOf(view, 'memory'),
      cpuTime: sumOf(view, 'cpu_time'),
      completed,
      failed,
      applied: this.#applied,
      refused: this.#refused,
    };
  }
}

function notStaged(order: Order): OrderOutcome {
  return {
    outcome: 'failed',
    code: 'DN616',
    reason: `nothing is staged here for ${order.instruction} with ${order.digest}`,
  };
}

function refused(code: string, reason: string): OrderOutcome {
  return { outcome: 'refused', code, reason };
}

/** Values from outside the program's declared ranges never run; the manifest's ranges are part of the signed bytes. */
function parameterProblem(
  loaded: LoadedProgram,
  values: Readonly<Record<string, number>>,
): string | undefined {
  const declared = new Map(
    loaded.program.manifest.parameters.map((parameter) => [parameter.name, parameter]),
  );
  for (const [name, value] of Object.entries(values)) {
    const parameter = declared.get(name);
    if (parameter === undefined) return `the program has no parameter ${name}`;
    if (value < parameter.min || value > parameter.max) {
      return `${name} = ${value} is outside ${parameter.min} to ${parameter.max}`;
    }
  }
  return undefined;
}

function argumentFits(capability: ActionCapability, argument: number): boolean {
  const declared = capability.arguments[0];
  if (declared === undefined) return true;
  return argument >= declared.min && argument <= declared.max;
}
