/**
 * The effects of one agent: those that its programs propose in, applied by its workload and taken back again. What a workload
 * does at once is done at once; what it promises is awaited beside the ticks, one effect at a time for each task. An effect
 * that throws, hangs or is answered with what cannot be true costs itself only.
 */
import { limits } from '../limits.js';
import { withAction, withoutAction } from '../nerve/messages/action-set.js';
import { BegunEffect, type Proposal } from './begun-effect.js';
import { endOf, failed, isPromiseLike, thrownEnd } from './effect-answer.js';
import { type BudgetKeeper, keepBudget } from './effect-budget.js';
import type { EffectEnd } from './effect-tally.js';
import { type Reverted, revertBounded } from './revert.js';
import { settledWithin } from './settled-within.js';
import type { TaskId, Workload } from './workload.js';

export interface EffectsOptions {
  readonly workload: Workload;
  /** Hears of every effect once, when it has ended or was not begun. */
  readonly ended: (proposal: Proposal, end: EffectEnd) => void;
  /** Whether an instruction is neither live here nor to return to, because it was undone. */
  readonly isUndone: (instruction: string) => boolean;
}

export class Effects {
  readonly #workload: Workload;
  readonly #ended: EffectsOptions['ended'];
  readonly #isUndone: EffectsOptions['isUndone'];
  readonly #budget: BudgetKeeper | undefined;
  /** Most agents never need the next three. */
  readonly #underWay = new Map<TaskId, UnderWay>();
  readonly #waiting = new Map<TaskId, Proposal[]>();
  #rows: { readonly ids: readonly TaskId[]; readonly byTask: ReadonlyMap<TaskId, number> } | undefined;
  #waitingCount = 0;
  #reverting = 0;
  #nowMs = 0;

  constructor({ workload, ended, isUndone }: EffectsOptions) {
    this.#workload = workload;
    this.#ended = ended;
    this.#isUndone = isUndone;
    this.#budget = workload.budget && keepBudget(workload.budget);
  }

  /** By the agent's clock. */
  timeIs(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  nextTick(nowMs: number): void {
    this.timeIs(nowMs);
    this.#budget?.nextTick(this.#workload.view().ids);
    this.#beginWaiting();
  }

  /** `row` is that of the task now. */
  propose(proposal: Proposal, row: number): void {
    const { program, code, task } = proposal;
    const excess =
      this.#waitingCount >= limits.effectsWaitingMax
        ? ({ kind: 'put-off', reason: `${this.#waitingCount} effects wait for their turn` } as const)
        : this.#budget?.excess(task, this.#nowMs);
    if (excess?.kind === 'over-budget' && isHeldBack(proposal)) return;
    if (excess !== undefined) {
      this.#ended(proposal, excess);
      return;
    }
    // Before it is tried: what failed half way must not be done a second time.
    program.acted.set(task, withAction(program.acted.get(task) ?? 0, code));
    this.#budget?.begun(task, program.held.instruction, this.#nowMs);
    if (this.#mustWait(task)) this.#wait(proposal);
    else this.#begin(proposal, row);
  }

  /** For what the agent's capabilities do not allow; it may be proposed again. */
  refuse(proposal: Proposal, reason: string): void {
    this.#ended(proposal, { kind: 'refused', reason });
  }

  /** What has not begun for an instruction never will. */
  withdraw(instruction: string): void {
    for (const [task, proposals] of this.#waiting) {
      const kept = proposals.filter(({ program }) => program.held.instruction !== instruction);
      this.#waitingCount -= proposals.length - kept.length;
      for (const proposal of proposals) if (!kept.includes(proposal)) this.#forget(proposal);
      if (kept.length === 0) this.#waiting.delete(task);
      else this.#waiting.set(task, kept);
    }
  }

  /**
   * Takes back what was applied for an instruction, once what is under way for it has ended or has had its time. At once
   * where the workload does it at once. Nothing else begins meanwhile.
   */
  revert(instruction: string): Reverted | Promise<Reverted> {
    this.withdraw(instruction);
    this.#budget?.takenBack(instruction);
    const going = [...this.#underWay.values()].filter(({ proposal }) => isOf(proposal, instruction));
    if (going.length === 0) return this.#holding(() => revertBounded(this.#workload, instruction));
    return this.#holding(async () => {
      for (const one of going) one.effect.abort();
      await settledWithin(Promise.all(going.map(({ ended }) => ended)), limits.effectsEndWithinMs);
      for (const one of going) one.end(failed(undoneMeanwhile));
      return revertBounded(this.#workload, instruction);
    });
  }

  /** Nothing begins any more; resolves when what is under way has ended or has had its time. */
  async close(withinMs: number): Promise<void> {
    this.#reverting++;
    const going = [...this.#underWay.values()];
    if (going.length > 0) await settledWithin(Promise.all(going.map(({ ended }) => ended)), withinMs);
    for (const one of going) one.effect.abort();
  }

  #mustWait(task: TaskId): boolean {
    return (
      this.#reverting > 0 || this.#underWay.size >= limits.effectsUnderWayMax || this.#underWay.has(task)
    );
  }

  #wait(proposal: Proposal): void {
    const waiting = this.#waiting.get(proposal.task);
    if (waiting === undefined) this.#waiting.set(proposal.task, [proposal]);
    else waiting.push(proposal);
    this.#waitingCount++;
  }

  #beginWaiting(): void {
    for (const [task, proposals] of this.#waiting) {
      while (this.#reverting === 0 && !this.#underWay.has(task)) {
        if (this.#underWay.size >= limits.effectsUnderWayMax) return;
        const proposal = proposals.shift();
        if (proposal === undefined) break;
        this.#waitingCount--;
        const row = this.#rowOf(task);
        if (row !== undefined) this.#begin(proposal, row);
        else this.#end(proposal, { kind: 'refused', reason: 'the task was gone before its turn came' });
      }
      if (proposals.length === 0) this.#waiting.delete(task);
    }
  }

  #begin(proposal: Proposal, row: number): void {
    const effect = new BegunEffect(proposal, row);
    let end: EffectEnd;
    try {
      const answer = this.#workload.apply(effect);
      if (isPromiseLike(answer)) {
        this.#follow(proposal, effect, answer);
        return;
      }
      end = endOf(answer, proposal.task);
    } catch (thrown) {
      end = thrownEnd(thrown);
    }
    this.#end(proposal, end);
  }

  #follow(proposal: Proposal, effect: BegunEffect, answer: PromiseLike<unknown>): void {
    const { task, action } = proposal;
    const withinMs = Math.min(
      this.#workload.withinMs?.[action] ?? limits.effectWithinMs,
      limits.effectWithinMsMax,
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    let isOver = false;
    const end = (how: EffectEnd) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      this.#underWay.delete(task);
      this.#end(proposal, how);
      resolve();
      this.#beginWaiting();
    };
    const timer = setTimeout(() => {
      effect.abort();
      end(failed(`it did not end within ${withinMs / 1000} s`));
    }, withinMs);
    this.#underWay.set(task, { proposal, effect, ended: promise, end });
    Promise.resolve(answer).then(
      (value) => (isOver ? this.#cameLate(proposal) : end(this.#endNow(value, task))),
      (thrown) =>
        isOver
          ? this.#cameLate(proposal)
          : end(effect.isAborted ? failed(undoneMeanwhile) : thrownEnd(thrown)),
    );
  }

  /** Time has passed since it began, and tasks come and go. */
  #endNow(value: unknown, task: TaskId): EffectEnd {
    const end = endOf(value, task);
    return end.kind === 'applied' && this.#rowOf(task) === undefined
      ? failed('it was answered as applied to a task that is gone')
      : end;
  }

  /** Whether it acted or failed half way: what comes after its instruction was undone is taken back again. */
  async #cameLate(proposal: Proposal): Promise<void> {
    const { instruction } = proposal.program.held;
    if (!this.#isUndone(instruction)) return;
    const reverted = await this.#holding(() => revertBounded(this.#workload, instruction));
    if (reverted.ok) return;
    this.#ended(
      proposal,
      failed(`it ended after it was undone, and cannot be taken back: ${reverted.reason}`),
    );
  }

  #end(proposal: Proposal, end: EffectEnd): void {
    if (end.kind === 'refused') this.#budget?.refused(proposal.task, proposal.program.held.instruction);
    this.#ended(proposal, end);
  }

  /** As if it had never been proposed. */
  #forget({ program, task, code }: Proposal): void {
    program.acted.set(task, withoutAction(program.acted.get(task) ?? 0, code));
    this.#budget?.refused(task, program.held.instruction);
  }

  #holding<T>(work: () => T | Promise<T>): T | Promise<T> {
    const release = () => {
      this.#reverting--;
      this.#beginWaiting();
    };
    this.#reverting++;
    const done = work();
    if (done instanceof Promise) return done.finally(release);
    release();
    return done;
  }

  /** Of a task in the table as it is now; undefined when it is gone, or the table cannot be had. */
  #rowOf(task: TaskId): number | undefined {
    try {
      const { ids } = this.#workload.view();
      const known = this.#rows?.byTask.get(task);
      if (known !== undefined && ids[known] === task) return known;
      if (known === undefined && this.#rows?.ids === ids) return undefined;
      this.#rows = { ids, byTask: new Map(ids.map((id, row) => [id, row])) };
      return this.#rows.byTask.get(task);
    } catch {
      return undefined;
    }
  }
}

interface UnderWay {
  readonly proposal: Proposal;
  readonly effect: BegunEffect;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<void>;
  readonly end: (how: EffectEnd) => void;
}

const undoneMeanwhile = 'its instruction was undone while it was under way';

function isOf({ program }: Proposal, instruction: string): boolean {
  return program.held.instruction === instruction;
}

/** True when it was told of before; a budget may hold an effect back for many ticks. */
function isHeldBack({ program, task, code }: Proposal): boolean {
  program.heldBack ??= new Map();
  const before = program.heldBack.get(task) ?? 0;
  const now = withAction(before, code);
  program.heldBack.set(task, now);
  return before === now;
}
