/** How effects ended in, one after the other; what a tick reports of them out. */
import { limits } from '../limits.js';
import type { UnappliedEffects } from '../nerve/messages/trace-record.js';
import type { TaskId } from './workload.js';

/**
 * `refused`: the task or the agent's capabilities said no. `failed`: it threw, took too long, or answered what cannot be
 * true; nobody knows whether it acted. The others are of the budget.
 */
export type EffectEnd =
  | { readonly kind: 'applied' }
  | { readonly kind: 'refused' | 'failed' | 'over-budget' | 'put-off'; readonly reason: string };

export interface EffectTally {
  note(action: string, task: TaskId | undefined, end: EffectEnd): void;
  /** Since it was last taken. */
  take(): {
    /** Effects applied, by action name. */
    readonly effects: Readonly<Record<string, number>>;
    readonly unapplied?: UnappliedEffects;
  };
}

export function createEffectTally(): EffectTally {
  let applied: Map<string, number> | undefined;
  let unapplied: UnappliedEffects | undefined;
  return {
    note(action, task, end) {
      if (end.kind === 'applied') {
        applied ??= new Map();
        applied.set(action, (applied.get(action) ?? 0) + 1);
        return;
      }
      unapplied ??= { refused: 0, failed: 0, overBudget: 0, putOff: 0, effects: [] };
      unapplied[countOf[end.kind]]++;
      addTo(unapplied.effects, { action, kind: end.kind, reason: end.reason }, task);
    },
    take() {
      const taken = {
        effects: Object.fromEntries(applied ?? []),
        ...(unapplied === undefined ? {} : { unapplied }),
      };
      applied = undefined;
      unapplied = undefined;
      return taken;
    },
  };
}

const countOf = {
  refused: 'refused',
  failed: 'failed',
  'over-budget': 'overBudget',
  'put-off': 'putOff',
} as const satisfies Record<Exclude<EffectEnd['kind'], 'applied'>, keyof UnappliedEffects>;

type Listed = UnappliedEffects['effects'][number];

/** Those with the same action and reason are one entry; the first ones are listed. */
function addTo(
  listed: Listed[],
  { action, kind, reason }: Pick<Listed, 'action' | 'kind' | 'reason'>,
  task: TaskId | undefined,
): void {
  const known = listed.find((one) => one.action === action && one.kind === kind && one.reason === reason);
  if (known !== undefined) {
    known.count++;
    return;
  }
  if (listed.length >= limits.unappliedListedMax) return;
  const name = typeof task === 'string' ? task.slice(0, limits.effectReasonCharactersMax) : task;
  listed.push({ action, kind, reason, count: 1, ...(name === undefined ? {} : { task: name }) });
}
