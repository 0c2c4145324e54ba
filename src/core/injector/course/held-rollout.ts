/**
 * A rollout in the hands of this process: its record and agents, orders out and answers in. Every write is fenced by the
 * coordinator's epoch, and what became of each agent is written down before the next order goes out.
 */
import { limits } from '../../limits.js';
import type { OrderAction } from '../../nerve/messages/order.js';
import type {
  AgentOutcome,
  RolloutAgent,
  RolloutRecord,
  RolloutState,
} from '../../nerve/messages/rollout-record.js';
import type { Wish } from '../../nerve/messages/wish.js';
import type { Outages } from '../../nerve/outages.js';
import type { WishWatch } from '../control/wishes.js';
import type { PlannedAgent } from '../plan/plan.js';
import type { Courier } from '../transports/courier.js';
import type { Answer } from './acknowledgements.js';
import { AgentOutcomes } from './agent-outcomes.js';
import { partsOf } from './answering-parts.js';
import type { Deadline } from './deadline.js';
import { absentAmong } from './departures.js';
import { Orders, type Told } from './orders.js';
import type { RolloutDependencies } from './rollout.js';
import { departedAgent, placeOf } from './rollout-agents.js';
import { RolloutWriter } from './rollout-writer.js';
import { settleAnswers } from './settle-answers.js';
import { endedStates, requireStep } from './states.js';
import { createStrayJudge } from './stray-acknowledgements.js';

export interface Hold {
  readonly courier: Courier;
  readonly wishes: WishWatch;
  readonly acknowledgeWithinMs: number;
  readonly deadline: Deadline;
  readonly outages: Outages;
  /** Ends the watch over agents that leave. */
  readonly stopWatching: () => void;
}

/** What agents are told, and what those become that obey. */
export interface OrderedChange extends Told {
  readonly outcome: AgentOutcome;
  readonly reason?: string | undefined;
}

export class HeldRollout {
  readonly #deps: RolloutDependencies;
  readonly #hold: Hold;
  record: RolloutRecord;
  readonly orders: Orders;
  readonly #outcomes: AgentOutcomes;
  readonly #writer: RolloutWriter;
  readonly #interrupted: AbortSignal;
  /** As well when the time for going live is over. */
  readonly #overdue: AbortSignal;
  /** Set while agents are returned to what they had, or a window is ended: nothing leaves that half done. */
  isFinishing = false;

  constructor(
    dependencies: RolloutDependencies,
    hold: Hold,
    held: { readonly record: RolloutRecord; readonly agents: Map<string, RolloutAgent> },
  ) {
    this.#deps = dependencies;
    this.#hold = hold;
    this.record = held.record;
    this.#outcomes = new AgentOutcomes(held.agents);
    const { wishes, deadline, outages } = hold;
    const { redis, names, clock } = dependencies;
    this.orders = new Orders({ ...hold, fleet: names.prefix, clock, rollout: this });
    const onRewritten = () =>
      this.#warn('Redis was away. All that is known of this rollout has been written once more.');
    this.#writer = new RolloutWriter({ redis, names, outages, wishes, rollout: this, onRewritten });
    this.#interrupted = AbortSignal.any([dependencies.signal, wishes.urgent]);
    this.#overdue = AbortSignal.any([dependencies.signal, wishes.urgent, deadline.signal]);
    const judge = createStrayJudge(this.agents);
    hold.courier.acknowledgements.onStray((stray) => {
      // Interrupted, nobody waits for the answers that are under way.
      if (this.#interrupted.aborted) return;
      const text = judge(stray);
      if (text !== undefined) this.#warn(text);
    });
  }

  /** Changed by `write` alone. */
  get agents(): ReadonlyMap<string, RolloutAgent> {
    return this.#outcomes.all;
  }

  get acknowledgeWithinMs(): number {
    return this.#hold.acknowledgeWithinMs;
  }

  outcomeOf(id: string): AgentOutcome {
    return this.#outcomes.of(id);
  }

  /** What ends a wait early: an interruption, no time left, and a wish after which the answers do not matter. */
  get signal(): AbortSignal {
    if (this.isFinishing) return neverAborted;
    return this.record.state === 'live' ? this.#interrupted : this.#overdue;
  }

  /** Redis was away so shortly before that agents need not have been heard of since. */
  get isBackFromOutage(): boolean {
    return this.#deps.clock() - this.#hold.outages.lastAt < limits.agentAliveMs;
  }

  get deadline(): Deadline {
    return this.#hold.deadline;
  }

  /** Orders something, and writes down what the agents answered; how many of them did as they were told. */
  order(action: OrderAction, targets: readonly PlannedAgent[], outcome: AgentOutcome, reason?: string) {
    return this.orderTogether([{ action, targets, outcome, reason }]);
  }

  /**
   * All orders travel in one pipeline, and a host answers them one after the other. What the agents answered is written
   * down some thousands at a time, in the order in which they are told, so that the first are done with when the last answer.
   */
  async orderTogether(orders: readonly OrderedChange[]) {
    const sentAt = this.#deps.clock();
    const over = new AbortController();
    const signal = AbortSignal.any([this.signal, over.signal]);
    try {
      const withinMs = this.orders.withinMs(orders.reduce((sum, { targets }) => sum + targets.length, 0));
      const parts = orders.flatMap((ordered) =>
        partsOf(ordered.targets).map((targets) => {
          const answers = this.orders.answersTo({ ...ordered, targets }, { signal, withinMs });
          return { ...ordered, targets, withinMs, sentAt, answers };
        }),
      );
      await this.orders.send(orders);
      let [done, failed] = [0, 0];
      for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
        const failedOfPart = await this.settle(part.targets, await part.answers, part);
        done += part.targets.length - failedOfPart;
        failed += failedOfPart;
      }
      const at = this.#deps.clock();
      return { at, done, failed, ms: at - sentAt };
    } finally {
      over.abort();
    }
  }

  /** Writes down what became of each agent; the number that failed. */
  async settle(
    targets: readonly PlannedAgent[],
    answers: ReadonlyMap<string, Answer>,
    {
      outcome,
      sentAt,
      reason,
      withinMs = this.orders.withinMs(targets.length),
    }: Pick<OrderedChange, 'outcome' | 'reason'> & { sentAt: number; withinMs?: number },
  ): Promise<number> {
    const absent = await this.#absentAmong(targets.filter(({ id }) => !answers.has(id)));
    const changed = settleAnswers(targets, (id) => answers.get(id) ?? absent.get(id), {
      ...{ outcome, sentAt, withinMs, reason },
      isInterrupted: this.signal.aborted,
    });
    const failed = this.#failuresAmong(changed);
    await this.write(changed);
    return failed;
  }

  /** Writes down who came, as agents that are to be asked, and who left. */
  async change({
    arrived,
    departed,
  }: {
    readonly arrived: readonly PlannedAgent[];
    readonly departed: readonly string[];
  }): Promise<void> {
    const changed = new Map<string, RolloutAgent>();
    for (const agent of arrived) changed.set(agent.id, { outcome: 'pending', ...placeOf(agent) });
    for (const id of departed) {
      const before = this.agents.get(id);
      if (before !== undefined) changed.set(id, departedAgent(before));
    }
    this.#failuresAmong(changed);
    const batches = arrived.reduce((most, { batch }) => Math.max(most, batch + 1), this.record.batches);
    const added = arrived.filter(({ id }) => !this.agents.has(id)).length;
    this.amend({ agents: this.agents.size + added, batches });
    await this.write(changed);
  }

  /** Agents that have not answered because they are not there any more. */
  async #absentAmong(targets: readonly PlannedAgent[]): Promise<Map<string, Answer>> {
    if (targets.length === 0 || this.signal.aborted) return new Map();
    const ids = targets.map(({ id }) => id);
    return absentAmong(this.#deps, ids);
  }

  /**
   * Returns agents to what they had. `touched` ones are waited for; `perhaps` ones are told without waiting, because an
   * order to them may be under way still, or one that was thought lost may have been obeyed late.
   */
  async takeBack({
    touched,
    perhaps,
  }: {
    touched: readonly PlannedAgent[];
    perhaps: readonly PlannedAgent[];
  }) {
    this.isFinishing = true;
    await this.orders.send([{ action: 'undo', targets: perhaps }]);
    const { done: returned, failed: silent } = await this.order('undo', touched, 'rolled_back');
    return { returned, silent };
  }

  /** Written with whatever is written next. */
  amend(change: Partial<RolloutRecord>): void {
    this.record = { ...this.record, ...change };
  }

  /** `obeyed` is the wish that the step obeys. A step that ends the rollout says when. */
  async step(state: RolloutState, { reason, obeyed }: { reason?: string | undefined; obeyed?: Wish } = {}) {
    requireStep(this.record.state, state);
    const { reason: _old, ...record } = this.record;
    const at = this.#deps.clock();
    const ended = endedStates.includes(state) ? { finishedAt: at } : {};
    this.record = { ...record, ...ended, state, ...why(reason), ...this.#control(obeyed) };
    await this.write(new Map(), obeyed);
    this.#deps.report({ type: 'state', at, state, ...why(reason) });
  }

  /** A wish that is fulfilled in the state that it is in. */
  async note(obeyed: Wish): Promise<void> {
    this.record = { ...this.record, ...this.#control(obeyed) };
    await this.write(new Map(), obeyed);
  }

  /** A wish that came too late: who asked sees that it was looked at, and not done. */
  async passOver(wish: Wish): Promise<void> {
    await this.write(new Map(), wish);
  }

  /** `changed` has agents as they are from now on; those that are new join the rollout. */
  async write(changed: ReadonlyMap<string, RolloutAgent>, answered?: Wish): Promise<void> {
    this.#outcomes.put(changed);
    this.record = { ...this.record, counts: this.#outcomes.counts };
    const waiting = await this.#writer.write(changed, answered);
    if (answered !== undefined) this.#hold.wishes.answered(answered);
    this.#hold.wishes.found(waiting);
  }

  async close(): Promise<void> {
    this.#hold.deadline.stop();
    this.#hold.stopWatching();
    let isOurs = false;
    try {
      await this.#hold.courier.close();
    } finally {
      isOurs = await this.#hold.wishes.close();
      this.#hold.outages.close();
    }
    // Answers to another coordinator are its own.
    if (!isOurs) return;
    const { redis, names } = this.#deps;
    const answers = names.acknowledgements(this.record.id);
    await Promise.all([
      redis.xtrim(answers, 'MAXLEN', '~', limits.streamEntriesMax),
      redis.pexpire(answers, limits.acknowledgementsKeptMs),
    ]).catch(() => undefined);
  }

  #control(obeyed: Wish | undefined): Pick<RolloutRecord, 'control'> {
    if (obeyed === undefined) return {};
    const { id: wish, action, by, reason } = obeyed;
    return { control: { wish, action, by, at: this.#deps.clock(), ...why(reason) } };
  }

  #warn(text: string): void {
    this.#deps.report({ type: 'note', at: this.#deps.clock(), level: 'warning', text });
  }

  /** Tells them; how many there are. */
  #failuresAmong(changed: ReadonlyMap<string, RolloutAgent>): number {
    this.#outcomes.require(changed);
    let failed = 0;
    for (const [agent, { outcome, code = '', reason = '' }] of changed) {
      if (outcome !== 'failed') continue;
      failed++;
      this.#deps.report({ type: 'agent-failed', at: this.#deps.clock(), agent, code, reason });
    }
    return failed;
  }
}

const neverAborted = new AbortController().signal;

function why(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason };
}
