/**
 * One rollout from plan to live: the canary first, then batch after batch, then all but the hold-out together. What
 * every agent answered is in Redis before the next order goes out, so that a killed injector can be resumed.
 */
import type { Redis } from 'ioredis';
import { limits } from '../limits.js';
import type { Instruction } from '../nerve/messages/instruction.js';
import type { RolloutAgent, RolloutRecord } from '../nerve/messages/rollout-record.js';
import type { Wish } from '../nerve/messages/wish.js';
import type { Names } from '../nerve/names.js';
import { claimRollout, readRollout, readRolloutAgents } from '../nerve/rollout-records.js';
import type { ReportEvent } from '../pipeline-events.js';
import { HeldRollout, type Hold } from './held-rollout.js';
import type { Plan } from './plan.js';
import type { PreparedProgram } from './prepare-program.js';
import { planAgain, recordAtStart, startingAgents } from './rollout-agents.js';
import { alreadyRolledOut } from './rollout-refusals.js';
import { RolloutRun } from './rollout-run.js';
import type { SigningKey } from './send-orders.js';
import { requireStep } from './states.js';
import { openCourier, type Transports } from './transports/courier.js';
import { watchWishes } from './wishes.js';

export interface RolloutDependencies {
  readonly redis: Redis;
  readonly names: Names;
  readonly key: SigningKey;
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

export interface RolloutOptions {
  readonly instruction: Instruction;
  readonly goal?: string;
  readonly program: PreparedProgram;
  readonly plan: Plan;
  readonly windowMs: number;
  /** How long the canary is watched. */
  readonly bakeMs: number;
  readonly acknowledgeWithinMs?: number;
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
   * Stages everything and goes live; throws DN530 when a gate stopped it, DN531 when it was interrupted, DN533 when it was
   * aborted and DN534 when it was rolled back from elsewhere.
   */
  run(): Promise<void>;
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
  const { redis, names } = dependencies;
  const { id } = options.instruction;
  const earlier = await readRollout(redis, names, id);
  if (earlier !== undefined && options.resume !== true) throw alreadyRolledOut(earlier);
  if (earlier !== undefined && earlier.state !== 'live') requireStep(earlier.state, 'injecting');
  const epoch = await claimRollout(redis, names, {
    id,
    holder: dependencies.name,
    nowMs: dependencies.clock(),
  });
  const known =
    earlier === undefined ? new Map<string, RolloutAgent>() : await readRolloutAgents(redis, names, id);
  const plan = earlier === undefined ? options.plan : planAgain(options.plan, known);
  const agents = startingAgents(plan, known, earlier?.state === 'live');
  const record = recordAtStart({ ...options, plan, epoch, earlier, agents, nowMs: dependencies.clock() });
  const hold = await holdRollout(dependencies, { id, epoch, ...options });
  const held = new HeldRollout(dependencies, hold, { record, agents });
  try {
    await held.write(agents);
  } catch (thrown) {
    await held.close();
    throw thrown;
  }
  return new RolloutRun({ ...dependencies, wishes: hold.wishes }, { ...options, plan }, held);
}

/** Listens for what agents answer and operators wish. */
export async function holdRollout(
  { redis, names, key, name, clock, report, transports }: RolloutDependencies,
  {
    id,
    epoch,
    acknowledgeWithinMs = limits.acknowledgeWithinMs,
  }: { id: string; epoch: number; acknowledgeWithinMs?: number },
): Promise<Hold> {
  const courier = await openCourier({ redis, names, key, clock, rollout: id, epoch }, transports);
  try {
    const onWish = (wish: Wish) =>
      report({ type: 'note', at: clock(), level: 'warning', text: `${wish.by} asks for: ${wish.action}.` });
    const wishes = await watchWishes(redis, names, { rollout: id, epoch, holder: name, onWish });
    return { courier, wishes, acknowledgeWithinMs };
  } catch (thrown) {
    await courier.close();
    throw thrown;
  }
}
