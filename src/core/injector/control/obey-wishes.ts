/** What is wished of a rollout from elsewhere in, the rollout as it was wished to be out: asked before each of its orders. */
import type { RolloutRecord, RolloutState } from '../../nerve/messages/rollout-record.js';
import type { Wish } from '../../nerve/messages/wish.js';
import { pause } from '../../pause.js';
import type { HeldRollout } from '../course/held-rollout.js';
import { agentsToReturn } from '../course/rollout-agents.js';
import { interruptedByOperator } from '../course/rollout-refusals.js';
import type { PlannedAgent } from '../plan/plan.js';
import { abortedFromElsewhere, abortedWhileLive, askedBy, rolledBackFromElsewhere } from './wish-refusals.js';
import type { WishWatch } from './wishes.js';

export interface ObedienceDependencies {
  readonly wishes: WishWatch;
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

/** A pause lasts until a wish comes; now and then the durable record is asked, too. */
const pauseLookMs = 1_000;

export class Obedience {
  readonly #deps: ObedienceDependencies;
  readonly #held: HeldRollout;
  readonly #agents: () => readonly PlannedAgent[];
  /** Called before a wish is fulfilled: takes in the answers that are under way, so that what is written down is so. */
  beforeFulfilling: () => Promise<void> = async () => undefined;
  /** Where a pause began, which is where it goes on. */
  #pausedIn: RolloutState = 'injecting';

  constructor(dependencies: ObedienceDependencies, held: HeldRollout, agents: () => readonly PlannedAgent[]) {
    this.#deps = dependencies;
    this.#held = held;
    this.#agents = agents;
  }

  /** Returns when nothing is wished any more, and not while it is paused. Once it is live, Ctrl-C is the pipeline's matter. */
  async obey(): Promise<void> {
    for (;;) {
      const { state } = this.#held.record;
      if (this.#deps.signal.aborted && state !== 'live') throw interruptedByOperator(this.#held.record);
      if (await this.obeyOnce()) continue;
      if (state !== 'paused') return;
      await pause(pauseLookMs, AbortSignal.any([this.#deps.signal, this.#deps.wishes.waiting]));
    }
  }

  /** Pauses by itself until an operator decides; what was asked for then, when it goes on. */
  async pauseBecause(reason: string): Promise<RolloutRecord['control']> {
    await this.beforeFulfilling();
    this.#pausedIn = this.#held.record.state;
    await this.#held.step('paused', { reason });
    await this.obey();
    return this.#held.record.control;
  }

  /** Does what is wished now, whoever else wants it to stop; false when there is nothing. */
  async obeyOnce(): Promise<boolean> {
    const wish = await this.#deps.wishes.look();
    if (wish === undefined) return false;
    await this.beforeFulfilling();
    await this.#fulfil(wish);
    return true;
  }

  async #fulfil(wish: Wish): Promise<void> {
    const { state } = this.#held.record;
    switch (wish.action) {
      case 'pause':
        if (state !== 'canary' && state !== 'injecting') return this.#held.passOver(wish);
        this.#pausedIn = state;
        return this.#held.step('paused', { reason: askedBy(wish), obeyed: wish });
      case 'resume':
        if (state !== 'paused') return this.#held.note(wish);
        return this.#held.step(this.#pausedIn, { obeyed: wish });
      case 'abort':
        return this.#abort(wish);
      case 'rollback':
        return this.#rollBack(wish);
      default:
        return wish.action satisfies never;
    }
  }

  /** What is live stays live, measured when somebody resumes it. */
  async #abort(wish: Wish): Promise<never> {
    if (this.#held.record.state === 'live') {
      await this.#held.note(wish);
      throw abortedWhileLive(this.#held.record, wish);
    }
    await this.#held.step('aborted', { reason: askedBy(wish), obeyed: wish });
    throw abortedFromElsewhere(this.#held.record, wish);
  }

  async #rollBack(wish: Wish): Promise<never> {
    const { agents, record } = this.#held;
    const parallel = record.options?.parallel ?? 1;
    const answers = await this.#held.takeBack(agentsToReturn(this.#agents(), agents, parallel));
    await this.#held.step('rolled_back', { reason: askedBy(wish), obeyed: wish });
    throw rolledBackFromElsewhere(wish, answers);
  }
}
