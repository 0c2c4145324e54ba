/** What a workload allows programs to do to its tasks in; for each effect, whether it may begin now, out. */
import { DreamnetError } from '../errors.js';
import type { EffectBudget, TaskId } from './workload.js';

export interface Excess {
  /** `put-off`: the next tick may do it. `over-budget`: only when something else has ended or been taken back. */
  readonly kind: 'put-off' | 'over-budget';
  readonly reason: string;
}

export interface BudgetKeeper {
  /** Undefined: it may. */
  excess(task: TaskId, nowMs: number): Excess | undefined;
  begun(task: TaskId, instruction: string, nowMs: number): void;
  /** The task refused it, so that it never was. What failed may have acted, and stays counted. */
  refused(task: TaskId, instruction: string): void;
  takenBack(instruction: string): void;
  nextTick(present: readonly TaskId[]): void;
}

/** Throws DN631 for a budget that is no budget. */
export function keepBudget(budget: EffectBudget): BudgetKeeper {
  checkBudget(budget);
  const { perTick = Infinity, perTask = Infinity, cooldownMs = 0 } = budget;
  /** In force, by instruction. */
  const onTask = new Map<TaskId, Map<string, number>>();
  const lastMs = new Map<TaskId, { at: number; before: number }>();
  let thisTick = 0;

  return {
    excess(task, nowMs) {
      if (thisTick >= perTick) return { kind: 'put-off', reason: `beyond the budget of ${perTick} a tick` };
      if (inForceOn(task) >= perTask) return overBudget(`beyond the budget of ${perTask} on one task`);
      const since = nowMs - (lastMs.get(task)?.at ?? -Infinity);
      return since < cooldownMs ? overBudget(cooldownText(cooldownMs)) : undefined;
    },
    begun(task, instruction, nowMs) {
      thisTick++;
      lastMs.set(task, { at: nowMs, before: lastMs.get(task)?.at ?? -Infinity });
      const counts = onTask.get(task) ?? new Map<string, number>();
      onTask.set(task, counts.set(instruction, (counts.get(instruction) ?? 0) + 1));
    },
    refused(task, instruction) {
      const last = lastMs.get(task);
      if (last !== undefined) lastMs.set(task, { at: last.before, before: -Infinity });
      const counts = onTask.get(task);
      counts?.set(instruction, Math.max(0, (counts.get(instruction) ?? 0) - 1));
    },
    takenBack(instruction) {
      for (const counts of onTask.values()) counts.delete(instruction);
    },
    nextTick(present) {
      thisTick = 0;
      if (onTask.size <= 2 * present.length + 16) return;
      const here = new Set(present);
      for (const map of [onTask, lastMs])
        for (const task of map.keys()) if (!here.has(task)) map.delete(task);
    },
  };

  function inForceOn(task: TaskId): number {
    let sum = 0;
    for (const count of onTask.get(task)?.values() ?? []) sum += count;
    return sum;
  }
}

function overBudget(reason: string): Excess {
  return { kind: 'over-budget', reason };
}

function cooldownText(ms: number): string {
  return `beyond the budget of one on a task in ${ms / 1000} s`;
}

function checkBudget(budget: EffectBudget): void {
  for (const [name, value] of Object.entries(budget)) {
    const whole = name === 'cooldownMs' || Number.isInteger(value);
    if (value === undefined || (whole && Number.isFinite(value) && value >= 0)) continue;
    throw new DreamnetError({
      code: 'DN631',
      kind: 'bad-input',
      message: `The budget of an agent has ${name} = ${String(value).slice(0, 40)}, which must be ${name === 'cooldownMs' ? 'milliseconds' : 'a whole number'} from 0.`,
      hint: 'Correct it where the agent is created; leave it out for no bound.',
    });
  }
}
