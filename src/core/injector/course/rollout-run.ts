/**
 * The course of one rollout: stage the canary and bake it, stage batch after batch, go live together or batch by batch, end
 * the window. Before each order it does what was wished of it from elsewhere, and after each batch it asks the gates.
 */
import type { RolloutRecord, RolloutState } from '../../nerve/messages/rollout-record.js';
import type { RolloutSettings } from '../../nerve/messages/rollout-settings.js';
import { Obedience } from '../control/obey-wishes.js';
import type { Gates } from '../gates/gates.js';
import { admitWhileLive, stageJoined } from './admit-joined.js';
import { bakeCanary } from './bake-canary.js';
import { type Course, withOutcome } from './course.js';
import { endWindow } from './end-rollout.js';
import { goLive } from './go-live.js';
import type { HeldRollout } from './held-rollout.js';
import { obey } from './may-go-on.js';
import type { Rollout, RolloutOptions, RolloutVerdict } from './rollout.js';
import { nothingLeft } from './rollout-refusals.js';
import { Roster } from './roster.js';
import { stageBatches } from './stage-batches.js';

export class RolloutRun implements Rollout {
  readonly #course: Course;
  readonly #held: HeldRollout;

  constructor(
    deps: Course['deps'],
    options: Pick<RolloutOptions, 'plan' | 'canJoin' | 'program'> & { readonly settings: RolloutSettings },
    { held, gates }: { readonly held: HeldRollout; readonly gates: Gates },
  ) {
    const roster = new Roster(deps, held, options);
    const { plan, settings } = options;
    this.#held = held;
    this.#course = {
      ...{ deps, plan, settings, held, roster },
      obedience: new Obedience(deps, held, () => roster.agents),
      gates,
      underWay: new Set(),
      pace: { notBefore: 0 },
    };
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
    const { plan, settings, deps } = this.#course;
    this.#held.amend({ startedAt: this.record.startedAt ?? deps.clock() });
    const { batches, spentMs: canaryMs } = await this.#passCanary();
    await this.#enter('injecting');
    const activates = settings.activate === 'rolling';
    const fleetMs = await stageBatches(this.#course, plan.batches.slice(batches), {
      group: 'fleet',
      activates,
    });
    const joinedMs = await stageJoined(this.#course);
    this.#held.amend({ stagedAt: deps.clock(), injectMs: canaryMs + fleetMs + joinedMs });
    await this.#allLive();
  }

  complete(verdict: RolloutVerdict): Promise<void> {
    return endWindow(this.#course, verdict);
  }

  admitUntil(untilMs: number): Promise<void> {
    return admitWhileLive(this.#course, untilMs);
  }

  obey(): Promise<void> {
    return obey(this.#course);
  }

  /** The first batch is the canary; where none of it runs the program, the next one is. The batches that are done then. */
  async #passCanary(): Promise<{ batches: number; spentMs: number }> {
    const { batches, canary } = this.#course.plan;
    const isDue = () =>
      canary > 0 && this.record.canaryPassedAt === undefined && this.record.state !== 'injecting';
    let spentMs = 0;
    let at = 0;
    for (; isDue() && at < batches.length - 1; at++) {
      const batch = batches[at] ?? [];
      await this.#enter('canary');
      spentMs += await stageBatches(this.#course, [batch], { group: 'canary', activates: false });
      await bakeCanary(this.#course, batch);
    }
    return { batches: at, spentMs };
  }

  /** What is not live yet goes live together; held-out agents that measure already are told again, which changes nothing. */
  async #allLive(): Promise<void> {
    const { deps, roster } = this.#course;
    await this.obey();
    const { heldOut, ms } = await goLive(this.#course, withOutcome(this.#course, roster.agents, 'staged'));
    const at = deps.clock();
    this.#held.amend({ liveAt: at });
    await this.#held.step('live');
    deps.report({ type: 'live', at, agents: this.record.counts.live ?? 0, heldOut, ms });
    // Who asked for a pause while it went live is told that it is too late.
    await this.obey();
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
