/**
 * One rollout from plan to live: the canary first, then batch after batch, then all but the hold-out together. What
 * every agent answered is in Redis before the next order goes out, so that a killed injector can be resumed.
 */
import { createPublicKey } from 'node:crypto';
import type { Selectable } from '../../fleet/selector.js';
import type { Keyring } from '../../keys/keyring.js';
import type { Trust } from '../../keys/trust.js';
import { limits } from '../../limits.js';
import type { Prediction } from '../../nerve/messages/decision.js';
import type { Instruction } from '../../nerve/messages/instruction.js';
import type { RolloutAgent, RolloutRecord } from '../../nerve/messages/rollout-record.js';
import type { Wish } from '../../nerve/messages/wish.js';
import type { Names } from '../../nerve/names.js';
import { watchOutages } from '../../nerve/outages.js';
import type { Redis } from '../../nerve/redis.js';
import type { ReportEvent } from '../../pipeline-events.js';
import { sealRollout } from '../../rollout-seal.js';
import { watchWishes } from '../control/wishes.js';
import { openGates } from '../gates/gates.js';
import { parseGates, tolerancesOf } from '../gates/tolerances.js';
import type { Plan } from '../plan/plan.js';
import { type RolloutWishes, resolveSettings } from '../plan/settings.js';
import type { PreparedProgram } from '../prepare-program.js';
import { openCourier, type Transports } from '../transports/courier.js';
import { Deadline } from './deadline.js';
import { watchDepartures } from './departures.js';
import { HeldRollout, type Hold } from './held-rollout.js';
import { planAgain, recordAtStart, startingAgents } from './rollout-agents.js';
import { RolloutRun } from './rollout-run.js';
import type { SigningKey } from './send-orders.js';
import { type Claimed, takeHold } from './take-hold.js';

export interface RolloutDependencies {
  readonly redis: Redis;
  readonly names: Names;
  readonly key: SigningKey;
  /** Whom this home trusts, as of now; without it, `key` alone. */
  readonly keyring?: (() => Pick<Keyring, 'trust'>) | undefined;
  /** Name of this process, for those who ask who holds the rollout. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly report: ReportEvent;
  /** Abort: nothing is sent after it. */
  readonly signal: AbortSignal;
  /** How agents are reached that are not on the bus. */
  readonly transports?: Transports;
}

/** The settings are those of an earlier coordinator, or the defaults, where none are given. */
export interface RolloutOptions extends RolloutWishes {
  readonly instruction: Instruction;
  readonly goal?: string;
  readonly program: PreparedProgram;
  /** What the decision expects of each metric, which gates allow for. */
  readonly predicted?: Prediction['metrics'] | undefined;
  readonly plan: Plan;
  readonly windowMs: number;
  /** Whether an agent that comes meanwhile is meant; absent: none is. */
  readonly canJoin?: ((agent: Selectable) => boolean) | undefined;
  /** Why known agents are left out of a rollout that is resumed. */
  readonly leftOut?: ReadonlyMap<string, string>;
  /** Set by a service, which others like it may follow; a person's rollout is the person's. */
  readonly service?: true | undefined;
  /** Why what an earlier coordinator left is not gone on with; asked once it is claimed, because nobody changes it then. */
  readonly whyNotGoOn?: ((claimed: Claimed) => string | undefined) | undefined;
}

export interface RolloutVerdict {
  readonly verdict: 'good' | 'unclear' | 'harmful';
  readonly reason?: string;
}

/** A rollout in the hands of this process. */
export interface Rollout {
  readonly record: RolloutRecord;
  readonly agents: ReadonlyMap<string, RolloutAgent>;
  /** Raised when waiting has become pointless: interrupted here, or aborted or rolled back from elsewhere. */
  readonly interrupted: AbortSignal;
  /**
   * Stages everything and goes live; throws DN530 or DN547 when a gate stopped it, DN531 when it was interrupted, DN533 when it was
   * aborted and DN534 when it was rolled back from elsewhere.
   */
  run(): Promise<void>;
  /** While it is live: agents that come get the program too, and those that leave are written down, until the window ends. */
  admitUntil(untilMs: number): Promise<void>;
  /** Does what is wished of it from elsewhere; throws DN534 after a rollback and DN535 after an abort while it is live. */
  obey(): Promise<void>;
  /** Ends the window: after a good result the held-out agents go live too, after a harmful one everybody returns. */
  complete(verdict: RolloutVerdict): Promise<void>;
  /** Marks an interrupted rollout, so that others see that nobody is working on it. */
  markAborted(): Promise<void>;
  close(): Promise<void>;
}

/** Claims the rollout for this process; `resume` takes over what an earlier one left: failed and untouched agents. */
export async function openRollout(
  dependencies: RolloutDependencies,
  options: RolloutOptions & { readonly resume?: boolean },
): Promise<Rollout> {
  const { id } = options.instruction;
  const { epoch, earlier, known } = await takeHold(dependencies, options);
  const plan = earlier === undefined ? options.plan : planAgain(options.plan, known);
  const settings = resolveSettings(options, earlier?.options);
  const agents = startingAgents(plan, known, {
    isLive: earlier?.state === 'live',
    leftOut: options.leftOut ?? new Map(),
  });
  const nowMs = dependencies.clock();
  const begun = recordAtStart({ ...options, plan, settings, epoch, earlier, agents, nowMs });
  const record = options.service ? sealRollout(begun, agents, dependencies.key.privateKey) : begun;
  const hold = await holdRollout(dependencies, { id, epoch, ...settings });
  const held = new HeldRollout(dependencies, hold, { record, agents });
  try {
    await held.write(agents);
    const tolerances = tolerancesOf({ chosen: parseGates(settings.gates), ...options });
    const gates = await openGates(dependencies, held, { ...settings, agents: plan.agents, tolerances });
    const course = { ...dependencies, wishes: hold.wishes };
    return new RolloutRun(course, { ...options, plan, settings }, { held, gates });
  } catch (thrown) {
    await held.close();
    throw thrown;
  }
}

/** Listens for what agents answer and operators wish. */
export async function holdRollout(
  { redis, names, key, keyring, name, clock, report, transports }: RolloutDependencies,
  {
    id,
    epoch,
    acknowledgeWithinMs = limits.acknowledgeWithinMs,
    timeoutMs,
  }: { id: string; epoch: number } & Pick<RolloutWishes, 'acknowledgeWithinMs' | 'timeoutMs'>,
): Promise<Hold> {
  const ownTrust: Trust = { trusted: [createPublicKey(key.privateKey)], revoked: new Set() };
  const trust = () => keyring?.().trust ?? ownTrust;
  const courier = await openCourier(
    { redis, names, key, trust, clock, rollout: id, epoch, acknowledgeWithinMs },
    transports,
  );
  const outages = watchOutages(redis, clock);
  try {
    const onWish = (wish: Wish) =>
      report({ type: 'note', at: clock(), level: 'warning', text: `${wish.by} asks for: ${wish.action}.` });
    const wishes = await watchWishes(redis, names, { rollout: id, epoch, holder: name, outages, onWish });
    return {
      courier,
      wishes,
      acknowledgeWithinMs,
      deadline: new Deadline(timeoutMs),
      outages,
      stopWatching: watchDepartures({ redis, names, clock }, courier.acknowledgements),
    };
  } catch (thrown) {
    outages.close();
    await courier.close();
    throw thrown;
  }
}
