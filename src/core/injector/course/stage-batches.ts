/**
 * Batches in, staged out: so many at the same time as `--parallel` says, each answered, written down and gated before
 * another takes its place. Sends and writes take turns; only the waiting is done at the same time.
 */

import { pause } from '../../pause.js';
import type { PlannedAgent } from '../plan/plan.js';
import type { Answer } from './acknowledgements.js';
import { type Course, withOutcome } from './course.js';
import { goLive } from './go-live.js';
import { obey } from './may-go-on.js';
import { passGates } from './pass-gates.js';

export interface Staging {
  readonly group: 'canary' | 'fleet';
  /** Each batch goes live as soon as it has passed the gate. */
  readonly activates: boolean;
}

interface BatchUnderWay {
  readonly agents: readonly PlannedAgent[];
  readonly sentAt: number;
  readonly answers: Promise<ReadonlyMap<string, Answer>>;
  /** Settles with this very batch as soon as its answers are there. */
  readonly answered: Promise<BatchUnderWay>;
}

export async function stageBatches(
  course: Course,
  batches: readonly (readonly PlannedAgent[])[],
  staging: Staging,
): Promise<void> {
  const stage = new StageRun(course, staging);
  course.obedience.beforeFulfilling = () => stage.takeInAll();
  try {
    for (const batch of batches) {
      while (stage.isFull) await stage.finishNext();
      await stage.begin(withOutcome(course, batch, 'pending'));
    }
    while (stage.isBusy) await stage.finishNext();
  } finally {
    stage.end();
    course.obedience.beforeFulfilling = async () => undefined;
  }
}

class StageRun {
  readonly #course: Course;
  readonly #staging: Staging;
  readonly #underWay = new Set<BatchUnderWay>();
  /** Written down; the gate has not been asked yet. */
  readonly #takenIn: BatchUnderWay[] = [];
  /** Ends all waiting when something else has ended the staging. */
  readonly #over = new AbortController();
  /** Since when time is to be counted, while something is under way. */
  #busySince = 0;

  constructor(course: Course, staging: Staging) {
    this.#course = course;
    this.#staging = staging;
  }

  get isBusy(): boolean {
    return this.#underWay.size + this.#takenIn.length > 0;
  }

  /** A batch keeps its slot until the gate has been asked. */
  get isFull(): boolean {
    return this.#underWay.size + this.#takenIn.length >= this.#course.settings.parallel;
  }

  async begin(agents: readonly PlannedAgent[]): Promise<void> {
    if (agents.length === 0) return;
    const { held, deps, underWay } = this.#course;
    await this.#pauseBetween();
    await obey(this.#course);
    // A pause has taken in what was under way: the gate comes before the next order.
    while (this.#takenIn.length > 0) {
      await this.finishNext();
      await obey(this.#course);
    }
    held.deadline.start();
    const sentAt = deps.clock();
    if (this.#underWay.size === 0) this.#busySince = sentAt;
    const signal = AbortSignal.any([held.signal, this.#over.signal]);
    const answers = held.orders.answersTo({ action: 'stage', targets: agents }, { signal });
    for (const agent of agents) underWay.add(agent);
    await held.orders.send([{ action: 'stage', targets: agents }]);
    const answered = answers.then(() => batch);
    answered.catch(() => undefined);
    const batch: BatchUnderWay = { agents, sentAt, answers, answered };
    this.#underWay.add(batch);
  }

  /** Waits for the batch that answers first, and asks the gate whether it may go on. */
  async finishNext(): Promise<void> {
    // A wish that was fulfilled meanwhile may have taken some in.
    if (this.#takenIn.length === 0)
      await this.#takeIn(await Promise.race([...this.#underWay].map(({ answered }) => answered)));
    await passGates(this.#course);
    const { agents = [] } = this.#takenIn.shift() ?? {};
    if (this.#staging.activates) await goLive(this.#course, withOutcome(this.#course, agents, 'staged'));
  }

  /** Without asking the gate: what is wished comes first. */
  async takeInAll(): Promise<void> {
    for (const batch of [...this.#underWay]) {
      await this.#takeIn(batch);
    }
  }

  end(): void {
    this.#over.abort();
  }

  async #takeIn(batch: BatchUnderWay): Promise<void> {
    const { held, deps, underWay, settings, pace } = this.#course;
    const { agents, sentAt } = batch;
    this.#underWay.delete(batch);
    this.#takenIn.push(batch);
    const failed = await held.settle(agents, await batch.answers, { outcome: 'staged', sentAt });
    // Who has not answered because something else came first may stage still.
    for (const agent of agents) if (held.outcomeOf(agent.id) !== 'pending') underWay.delete(agent);
    const at = deps.clock();
    pace.notBefore = at + settings.pauseBetweenMs;
    // Between batches, and while the canary bakes, nothing is injected.
    const injectMs = (held.record.injectMs ?? 0) + at - this.#busySince;
    this.#busySince = at;
    const left = withOutcome(this.#course, agents, 'pending').length;
    const done = held.record.batchesDone + (left === 0 ? 1 : 0);
    held.amend({ injectMs, batchesDone: Math.min(held.record.batches, done) });
    deps.report({
      type: 'batch',
      at,
      batch: (agents[0]?.batch ?? 0) + 1,
      batches: held.record.batches,
      group: this.#staging.group,
      agents: agents.length,
      staged: agents.length - failed - left,
      failed,
      ms: at - sentAt,
    });
  }

  /** A wish does not wait for it. */
  async #pauseBetween(): Promise<void> {
    const { held, deps, pace } = this.#course;
    for (;;) {
      const leftMs = pace.notBefore - deps.clock();
      if (leftMs <= 0) return;
      await obey(this.#course);
      await pause(leftMs, AbortSignal.any([held.signal, deps.wishes.waiting]));
    }
  }
}
