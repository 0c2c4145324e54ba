/**
 * What programs did to the tasks of a service, so that an undo knows what to take back: effects as they are applied in, the
 * one that an undo has to reach, with the value to return to, out. Of an action that several rollouts did to one task only
 * the newest is in force; when an older one is undone, the next takes over the value that was there before.
 */
import type { TaskId } from '../workload.js';

export interface AppliedEffect {
  readonly instruction: string;
  readonly action: string;
  readonly task: TaskId;
  /** What `apply` returned. */
  former: unknown;
  /** It is to be taken back, and is not yet. */
  undone: boolean;
}

type Named = Pick<AppliedEffect, 'instruction' | 'action' | 'task'>;

export class AppliedEffects {
  /** Task → its effects, oldest first. */
  readonly #byTask = new Map<TaskId, AppliedEffect[]>();
  /** Effects that are undone and wait. */
  readonly #waiting = new Set<AppliedEffect>();

  has(effect: Named): boolean {
    return this.#find(effect) !== undefined;
  }

  /** True when it is in force already. One that was to be taken back, and is not yet, then stays. */
  isInForce(effect: Named): boolean {
    const known = this.#find(effect);
    if (known === undefined) return false;
    known.undone = false;
    this.#waiting.delete(known);
    return true;
  }

  add(effect: Named & { readonly former: unknown }): void {
    const effects = this.#byTask.get(effect.task) ?? [];
    this.#byTask.set(effect.task, effects);
    const { instruction, action, task, former } = effect;
    effects.push({ instruction, action, task, former, undone: false });
  }

  /** Marks what an instruction did as to be taken back: all of it, or one effect. */
  undo(instruction: string, only?: Named): void {
    for (const effect of only === undefined ? this.all() : [this.#find(only)]) {
      if (effect?.instruction !== instruction) continue;
      effect.undone = true;
      this.#waiting.add(effect);
    }
  }

  /** Undone, and not yet reverted. */
  get waiting(): readonly AppliedEffect[] {
    return [...this.#waiting];
  }

  /** A later rollout did the same to the task: there is nothing to revert. */
  isCovered(effect: AppliedEffect): boolean {
    return this.#coveringOf(effect) !== undefined;
  }

  /** Takes note that it is not in force any more; what covers it has to return to where it began. */
  remove(effect: Named): void {
    const effects = this.#byTask.get(effect.task);
    const known = this.#find(effect);
    if (effects === undefined || known === undefined) return;
    const covering = this.#coveringOf(known);
    if (covering !== undefined) covering.former = known.former;
    this.#waiting.delete(known);
    effects.splice(effects.indexOf(known), 1);
    if (effects.length === 0) this.#byTask.delete(effect.task);
  }

  /** Tasks come and go; what was done to those that have gone is forgotten when it is more than what there is. */
  forgetGone(isThere: (task: TaskId) => boolean, tasks: number): readonly AppliedEffect[] {
    if (this.#byTask.size <= 2 * tasks + 1_000) return [];
    const gone = [...this.#byTask].filter(([task]) => !isThere(task)).flatMap(([, effects]) => effects);
    for (const effect of gone) this.remove(effect);
    return gone;
  }

  all(): readonly AppliedEffect[] {
    return [...this.#byTask.values()].flat();
  }

  #find({ instruction, action, task }: Named): AppliedEffect | undefined {
    return this.#byTask.get(task)?.find((one) => one.instruction === instruction && one.action === action);
  }

  #coveringOf(effect: AppliedEffect): AppliedEffect | undefined {
    const effects = this.#byTask.get(effect.task) ?? [];
    return effects.slice(effects.indexOf(effect) + 1).find(({ action }) => action === effect.action);
  }
}
