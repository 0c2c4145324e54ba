/**
 * A service as the workload of an agent: its `tasks` become the table that programs see, its capabilities apply effects and
 * take them back. The core bounds how long each call may take; what comes later than that is taken back here.
 */
import { messageOf } from '../../errors.js';
import type { Capabilities } from '../../language/capabilities.js';
import { limits } from '../../limits.js';
import { isPromiseLike } from '../effect-answer.js';
import type { ApplyOutcome, Effect, RunCounts, TaskView, Workload } from '../workload.js';
import type { AppliedEffect, AppliedEffects } from './applied-effects.js';
import type { KeptEffects } from './kept-effects.js';
import type { AgentOptions, Capability, EffectContext, Fields } from './options.js';
import { type AnyTask, createServiceTasks, type ServiceTasks } from './task-table.js';

export type AnyOptions = AgentOptions<Fields, AnyTask>;

export interface ServiceWorkloadOptions {
  readonly offer: Capabilities;
  readonly options: Pick<AnyOptions, 'tasks' | 'capabilities' | 'runs' | 'budget'>;
  /** Of effects that outlive the process. */
  readonly kept: KeptEffects;
  readonly log: (line: string) => void;
}

export function createServiceWorkload(options: ServiceWorkloadOptions): Workload {
  return new ServiceWorkload(options);
}

class ServiceWorkload implements Workload {
  readonly name = 'service';
  readonly labels = {};
  readonly capabilities: Capabilities;
  readonly budget?: NonNullable<AnyOptions['budget']>;
  readonly withinMs: Readonly<Record<string, number>>;
  readonly #options: ServiceWorkloadOptions['options'];
  readonly #tasks: ServiceTasks;
  readonly #effects: AppliedEffects;
  readonly #keep: KeptEffects['keep'];
  readonly #log: (line: string) => void;
  readonly #reverting = new Set<AppliedEffect>();
  #said: string | undefined;

  constructor({ offer, options, kept, log }: ServiceWorkloadOptions) {
    this.capabilities = offer;
    this.#options = options;
    this.#effects = kept.effects;
    this.#keep = kept.keep;
    this.#log = log;
    this.#tasks = createServiceTasks(offer.fields, log);
    if (options.budget !== undefined) this.budget = options.budget;
    this.withinMs = Object.fromEntries(
      Object.entries(options.capabilities).flatMap(([name, { withinMs }]) =>
        withinMs === undefined ? [] : [[name, withinMs]],
      ),
    );
  }

  async refresh(_nowMs: number, signal: AbortSignal): Promise<void> {
    const given = await this.#options.tasks({ signal });
    if (signal.aborted) return;
    this.#tasks.fill(given);
    const { rows } = this.#tasks.view();
    const gone = this.#effects.forgetGone((task) => this.#tasks.byId(task) !== undefined, rows);
    for (const effect of gone) this.#note('gone', effect);
    // Tasks that were away when they should have been taken back, or could not be: nobody waits for them.
    void this.#takeBack().then((failure) => this.#sayOnce(failure));
  }

  advance(): void {
    // Real time passes by itself.
  }

  view(): TaskView {
    return this.#tasks.view();
  }

  apply(effect: Effect): ApplyOutcome | Promise<ApplyOutcome> {
    const capability = this.#options.capabilities[effect.action];
    const task = this.#tasks.at(effect.row);
    if (capability === undefined || task === undefined)
      return { applied: false, reason: `${effect.action} cannot be done to a task that is not there` };
    // Done in an earlier life, or undone in vain.
    if (this.#effects.isInForce(effect)) return { applied: true };
    const answer = call(capability, task, effect);
    if (!isPromiseLike(answer)) return this.#applied(effect, answer);
    return Promise.resolve(answer).then((settled) => {
      const outcome = this.#applied(effect, settled);
      return outcome.applied && effect.signal.aborted ? this.#cameLate(effect) : outcome;
    });
  }

  async revert(instruction: string): Promise<void> {
    this.#effects.undo(instruction);
    const failure = await this.#takeBack();
    if (failure !== undefined) throw new Error(failure);
    const stuck = this.#effects.waiting.find(
      (one) => one.instruction === instruction && this.#reverting.has(one),
    );
    if (stuck !== undefined) throw new Error(`${stuck.action} of ${stuck.task} is still being taken back`);
  }

  counters(): RunCounts | undefined {
    return this.#options.runs?.();
  }

  #applied(effect: Effect, answer: unknown): ApplyOutcome {
    const refusal = refusalIn(answer);
    if (refusal !== undefined) return { applied: false, reason: refusal };
    const { instruction, action, task } = effect;
    const applied = { instruction, action, task, former: answer };
    this.#effects.add(applied);
    this.#note('applied', applied);
    return { applied: true };
  }

  /** Nobody waits for it any more, so it counts as not done. */
  #cameLate(effect: Effect): ApplyOutcome {
    this.#effects.undo(effect.instruction, effect);
    void this.#takeBack().then((failure) => this.#sayOnce(failure));
    return { applied: false, reason: 'it ended when nobody waited for it any more, and is taken back' };
  }

  #sayOnce(failure: string | undefined): void {
    if (failure !== undefined && failure !== this.#said) this.#log(failure);
    this.#said = failure;
  }

  /** Of what outlives the process. */
  #note(what: 'applied' | 'gone', effect: Omit<AppliedEffect, 'undone'>): void {
    if (this.#options.capabilities[effect.action]?.lasting !== true) return;
    try {
      this.#keep(what, effect);
    } catch (thrown) {
      this.#log(`${effect.action} of ${effect.task} is not written down: ${messageOf(thrown)}`);
    }
  }

  /** Of what waits, the tasks that are there. What could not be is told, and tried again with the next tick. */
  async #takeBack(): Promise<string | undefined> {
    const covered = this.#effects.waiting.filter((effect) => this.#effects.isCovered(effect));
    for (const effect of covered) this.#remove(effect);
    const failures: string[] = [];
    const work = this.#effects.waiting.map(async (effect) => {
      if (this.#reverting.has(effect)) return;
      this.#reverting.add(effect);
      try {
        await this.#takeBackOne(effect);
      } catch (thrown) {
        failures.push(`${effect.action} of ${effect.task}: ${messageOf(thrown)}`);
      } finally {
        this.#reverting.delete(effect);
      }
    });
    await Promise.all(work);
    if (failures.length === 0) return undefined;
    return `${failures.length} effects are not taken back yet, such as ${failures[0]}`;
  }

  async #takeBackOne(effect: AppliedEffect): Promise<void> {
    const capability = this.#options.capabilities[effect.action];
    if (capability?.revert != null) {
      const task = this.#tasks.byId(effect.task);
      if (task === undefined) return;
      await capability.revert(task, effect.former, new RevertContext(effect));
    }
    this.#remove(effect);
  }

  #remove(effect: AppliedEffect): void {
    this.#effects.remove(effect);
    this.#note('gone', effect);
  }
}

type AnyCapability = Capability<AnyTask, Fields>;

function call(capability: AnyCapability, task: AnyTask, effect: Effect): unknown {
  const context = new ApplyContext(effect);
  return capability.unit === undefined
    ? capability.apply(task, context)
    : capability.apply(task, effect.argument, context);
}

/** A signal costs something, so it is only made for those who ask for it. */
class ApplyContext implements EffectContext {
  readonly instruction: string;
  readonly #effect: Effect;

  constructor(effect: Effect) {
    this.instruction = effect.instruction;
    this.#effect = effect;
  }

  get signal(): AbortSignal {
    return this.#effect.signal;
  }
}

class RevertContext implements EffectContext {
  readonly instruction: string;
  #signal: AbortSignal | undefined;

  constructor({ instruction }: AppliedEffect) {
    this.instruction = instruction;
  }

  get signal(): AbortSignal {
    this.#signal ??= AbortSignal.timeout(limits.revertWithinMs);
    return this.#signal;
  }
}

function refusalIn(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('refused' in answer)) return undefined;
  return String(answer.refused);
}
