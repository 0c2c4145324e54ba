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
import { listRollout, writeRollout } from '../../nerve/rollout-records.js';
import type { WishWatch } from '../control/wishes.js';
import type { PlannedAgent } from '../plan/plan.js';
import type { Courier } from '../transports/courier.js';
import type { Answer } from './acknowledgements.js';
import { carriersOf, partsOf } from './answering-parts.js';
import type { Deadline } from './deadline.js';
import { absentAmong } from './departures.js';
import type { RolloutDependencies } from './rollout.js';
import { countsOf, departedAgent, placeOf, settledAgent } from './rollout-agents.js';
import type { OrderBatch } from './send-orders.js';
import { requireOutcome, requireStep } from './states.js';
import { createStrayJudge } from './stray-acknowledgements.js';

export interface Hold {
  readonly courier: Courier;
  readonly wishes: WishWatch;
  readonly acknowledgeWithinMs: number;
  readonly deadline: Deadline;
  /** Ends the watch over agents that leave. */
  readonly stopWatching: () => void;
}

/** What agents are told, and what those become that obey. */
export interface OrderedChange {
  readonly action: OrderAction;
  readonly targets: readonly PlannedAgent[];
  readonly outcome: AgentOutcome;
  readonly reason?: string | undefined;
}

export class HeldRollout {
  readonly #deps: RolloutDependencies;
  readonly #hold: Hold;
  record: RolloutRecord;
  readonly #agents: Map<string, RolloutAgent>;
  /** Of `#agents`: counting them for each batch anew would cost as many looks as the square of the fleet. */
  readonly #counts: Record<AgentOutcome, number>;
  readonly #interrupted: AbortSignal;
  /** As well when the time for going live is over. */
  readonly #overdue: AbortSignal;
  #listedAs: RolloutState | undefined;
  /** Set while agents are returned to what they had, or a window is ended: nothing leaves that half done. */
  isFinishing = false;
  /** Redis was away: it may have come back without what was written last. */
  #mayBeForgotten = false;
  #lastOutageAt = Number.NEGATIVE_INFINITY;
  readonly #onReconnect = () => {
    this.#mayBeForgotten = true;
    this.#lastOutageAt = this.#deps.clock();
  };

  constructor(
    dependencies: RolloutDependencies,
    hold: Hold,
    held: { readonly record: RolloutRecord; readonly agents: Map<string, RolloutAgent> },
  ) {
    this.#deps = dependencies;
    this.#hold = hold;
    this.record = held.record;
    this.#agents = held.agents;
    this.#counts = countsOf(held.agents);
    const { wishes, deadline } = hold;
    this.#interrupted = AbortSignal.any([dependencies.signal, wishes.urgent]);
    this.#overdue = AbortSignal.any([dependencies.signal, wishes.urgent, deadline.signal]);
    dependencies.redis.on('ready', this.#onReconnect);
    const judge = createStrayJudge(this.#agents);
    hold.courier.acknowledgements.onStray((stray) => {
      // Interrupted, nobody waits for the answers that are under way.
      if (this.#interrupted.aborted) return;
      const text = judge(stray);
      if (text !== undefined) this.#warn(text);
    });
  }

  /** Changed by `write` alone. */
  get agents(): ReadonlyMap<string, RolloutAgent> {
    return this.#agents;
  }

  get acknowledgeWithinMs(): number {
    return this.#hold.acknowledgeWithinMs;
  }

  outcomeOf(id: string): AgentOutcome {
    return this.agents.get(id)?.outcome ?? 'pending';
  }

  /** What ends a wait early: an interruption, no time left, and a wish after which the answers do not matter. */
  get signal(): AbortSignal {
    if (this.isFinishing) return neverAborted;
    return this.record.state === 'live' ? this.#interrupted : this.#overdue;
  }

  /** Redis was away so shortly before that agents need not have been heard of since. */
  get isBackFromOutage(): boolean {
    return this.#deps.clock() - this.#lastOutageAt < limits.agentAliveMs;
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
      const withinMs = this.#withinMs(orders.reduce((sum, { targets }) => sum + targets.length, 0));
      const parts = orders.flatMap((ordered) =>
        partsOf(ordered.targets).map((targets) => {
          const answers = this.answersTo(ordered.action, targets, { signal, withinMs });
          return { ...ordered, targets, withinMs, sentAt, answers };
        }),
      );
      await this.send(orders.map(({ action, targets }) => this.batchOf(action, targets)));
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

  /** Listens for the answers of these agents; begins before the order is sent, and ends early with `signal`. */
  answersTo(
    action: OrderAction,
    targets: readonly PlannedAgent[],
    { signal, withinMs = this.#withinMs(targets.length) }: { signal: AbortSignal; withinMs?: number },
  ): Promise<Map<string, Answer>> {
    const answers = this.#hold.courier.acknowledgements.waitFor({
      agents: carriersOf(targets),
      action,
      digest: this.record.program.digest,
      withinMs,
      signal,
    });
    // Sending may fail before anybody waits for the answers; that failure is the one to tell.
    answers.catch(() => undefined);
    return answers;
  }

  batchOf(action: OrderAction, targets: readonly PlannedAgent[]): OrderBatch {
    const { id, program, epoch, windowMs } = this.record;
    return {
      targets,
      order: {
        version: 1,
        instruction: id,
        action,
        digest: program.digest,
        parameters: { ...program.parameters },
        epoch,
        expires: Math.ceil(this.#deps.clock() + windowMs + limits.orderLifeMs),
        windowMs,
      },
    };
  }

  send(batches: readonly OrderBatch[]): Promise<void> {
    return this.#hold.courier.send(batches);
  }

  /** Writes down what became of each agent; the number that failed. */
  async settle(
    targets: readonly PlannedAgent[],
    answers: ReadonlyMap<string, Answer>,
    {
      outcome,
      sentAt,
      reason,
      withinMs = this.#withinMs(targets.length),
    }: Pick<OrderedChange, 'outcome' | 'reason'> & { sentAt: number; withinMs?: number },
  ): Promise<number> {
    const changed = new Map<string, RolloutAgent>();
    const absent = await this.#absentAmong(targets.filter(({ id }) => !answers.has(id)));
    let failed = 0;
    for (const target of targets) {
      const { id } = target;
      const answer = answers.get(id) ?? absent.get(id);
      // Interrupted while waiting: what has not answered stays as it was, and a resume asks it again.
      if (answer === undefined && this.signal.aborted) continue;
      const agent = settledAgent(target, answer, { outcome, sentAt, withinMs, reason });
      requireOutcome(id, this.outcomeOf(id), agent.outcome);
      changed.set(id, agent);
      if (agent.outcome !== 'failed') continue;
      failed++;
      this.#reportFailure(id, agent);
    }
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
    for (const [id, agent] of changed) {
      requireOutcome(id, this.outcomeOf(id), agent.outcome);
      if (agent.outcome === 'failed') this.#reportFailure(id, agent);
    }
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
    await this.send([this.batchOf('undo', perhaps)]);
    const { done: returned, failed: silent } = await this.order('undo', touched, 'rolled_back');
    return { returned, silent };
  }

  /** Written with whatever is written next. */
  amend(change: Partial<RolloutRecord>): void {
    this.record = { ...this.record, ...change };
  }

  /** `obeyed` is the wish that the step obeys. */
  async step(state: RolloutState, { reason, obeyed }: { reason?: string | undefined; obeyed?: Wish } = {}) {
    requireStep(this.record.state, state);
    const { reason: _old, ...record } = this.record;
    this.record = { ...record, state, ...why(reason), ...this.#control(obeyed) };
    await this.write(new Map(), obeyed);
    this.#deps.report({ type: 'state', at: this.#deps.clock(), state, ...why(reason) });
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
    for (const [id, agent] of changed) this.#put(id, agent);
    this.record = { ...this.record, counts: { ...this.#counts } };
    const waiting = await this.#writeSurely(changed, answered);
    if (answered !== undefined) this.#hold.wishes.answered(answered);
    this.#hold.wishes.found(waiting);
  }

  #put(id: string, agent: RolloutAgent): void {
    const before = this.#agents.get(id);
    if (before !== undefined) this.#counts[before.outcome]--;
    this.#counts[agent.outcome]++;
    this.#agents.set(id, agent);
  }

  async close(): Promise<void> {
    this.#hold.deadline.stop();
    this.#hold.stopWatching();
    this.#deps.redis.off('ready', this.#onReconnect);
    let isOurs = false;
    try {
      await this.#hold.courier.close();
    } finally {
      isOurs = await this.#hold.wishes.close();
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

  #withinMs(agents: number): number {
    const more = Math.floor(agents / 1_000) * limits.acknowledgeMoreMsPerThousand;
    return this.#hold.acknowledgeWithinMs + more;
  }

  /**
   * The wish that waits. After Redis was away everything is written, and the claim is looked after, because either may
   * have been lost.
   */
  async #writeSurely(changed: ReadonlyMap<string, RolloutAgent>, answered?: Wish): Promise<Wish | undefined> {
    let waiting: Wish | undefined;
    if (!this.#mayBeForgotten) {
      try {
        waiting = await this.#writeOnce(changed, answered);
      } catch (thrown) {
        if (!this.#mayBeForgotten) throw thrown;
      }
    }
    while (this.#mayBeForgotten) {
      this.#mayBeForgotten = false;
      this.#listedAs = undefined;
      await this.#hold.wishes.look();
      waiting = await this.#writeOnce(this.#agents, answered);
      this.#warn('Redis was away. All that is known of this rollout has been written once more.');
    }
    return waiting;
  }

  async #writeOnce(
    agents: ReadonlyMap<string, RolloutAgent>,
    answered: Wish | undefined,
  ): Promise<Wish | undefined> {
    const { redis, names } = this.#deps;
    const { record } = this;
    // Listed first: who is told of the change finds it.
    const [, waiting] = await Promise.all([
      record.state === this.#listedAs ? undefined : listRollout(redis, names, record),
      writeRollout(redis, names, { record, agents, answered: answered?.id }),
    ]);
    this.#listedAs = record.state;
    return waiting;
  }

  #control(obeyed: Wish | undefined): Pick<RolloutRecord, 'control'> {
    if (obeyed === undefined) return {};
    const { id: wish, action, by, reason } = obeyed;
    return { control: { wish, action, by, at: this.#deps.clock(), ...why(reason) } };
  }

  #warn(text: string): void {
    this.#deps.report({ type: 'note', at: this.#deps.clock(), level: 'warning', text });
  }

  #reportFailure(agent: string, { code = '', reason = '' }: RolloutAgent): void {
    this.#deps.report({ type: 'agent-failed', at: this.#deps.clock(), agent, code, reason });
  }
}

const neverAborted = new AbortController().signal;

function why(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason };
}
