/**
 * The control of a rollout from another terminal: which rollout and what to do in, what came of it out. The coordinator that
 * holds the rollout does it; where there is none, this process does what needs none: a rollback, and an abort of what has
 * not begun.
 */
import { DreamnetError } from '../../errors.js';
import { newIdentifier } from '../../nerve/messages/identifiers.js';
import type { RolloutRecord } from '../../nerve/messages/rollout-record.js';
import type { Wish, WishAction } from '../../nerve/messages/wish.js';
import { readHold } from '../../nerve/rollout-holds.js';
import type { RolloutDependencies } from '../course/rollout.js';
import { abortPlanned } from './abort-planned.js';
import { type AskAnswer, type AskRequest, askRollout } from './ask-rollout.js';
import { findRollout } from './find-rollout.js';
import { rollBack } from './roll-back.js';

export interface SteerRequest {
  /** As typed: an id, the beginning of one, `latest`, or undefined for the newest. */
  readonly typed: string | undefined;
  readonly action: WishAction;
  /** Who asks, such as `ana@ops-3`. */
  readonly by: string;
  readonly reason?: string | undefined;
  readonly onWaiting?: (holder: string) => void;
  readonly acknowledgeWithinMs?: number;
  readonly answerWithinMs?: number;
}

export interface Steered {
  readonly record: RolloutRecord;
  /** False: it had been so before. */
  readonly changed: boolean;
  /** Who did it: the process that holds the rollout, or this one. */
  readonly doneBy: string;
  /** Agents that were told to return and have not answered; 0 unless it is a rollback. */
  readonly silent: number;
  readonly ms: number;
}

export interface SteerDependencies extends RolloutDependencies {
  /** Yields numbers in [0, 1). */
  readonly random: () => number;
}

/** Throws DN506 and DN514 to DN519 when it cannot be, DN536 when a rollback would reach nobody. */
export async function steerRollout(dependencies: SteerDependencies, request: SteerRequest): Promise<Steered> {
  const { redis, names, clock, random, signal, name } = dependencies;
  const { action, by, reason } = request;
  const { id, counts, state } = await findRollout(redis, names, request.typed);
  const at = clock();
  const wish: Wish = {
    id: newIdentifier('wish', at, random),
    action,
    by,
    at,
    ...(reason === undefined ? {} : { reason }),
  };
  const { holder = '', held } = await readHold(redis, names, id);
  const asking: AskRequest = { ...request, redis, names, rollout: id, wish, signal };
  const done = (record: RolloutRecord, silent = 0): Steered => {
    return { record, changed: true, doneBy: name, silent, ms: clock() - at };
  };
  if (action === 'abort' && state === 'planned' && !held)
    return done(await abortPlanned(dependencies, { id, wish }));
  const answer = action === 'rollback' ? await askUnlessFree(asking) : await askRollout(asking);
  if (answer !== undefined) {
    const silent = action === 'rollback' ? Math.max(0, answer.record.counts.failed - counts.failed) : 0;
    return { ...answer, doneBy: holder, silent, ms: clock() - at };
  }
  const record = await findRollout(redis, names, id);
  const returned = await rollBack(dependencies, { ...request, record, wish });
  return done(returned.record, returned.silent);
}

/** Undefined when nobody holds the rollout, or not everybody has answered a rollback before: then we do it ourselves. */
async function askUnlessFree(asking: AskRequest): Promise<AskAnswer | undefined> {
  try {
    const answer = await askRollout(asking);
    return answer.changed || answer.record.counts.failed === 0 ? answer : undefined;
  } catch (thrown) {
    if (thrown instanceof DreamnetError && freeCodes.has(thrown.code)) return undefined;
    throw thrown;
  }
}

/** It is past the states of a coordinator, nobody holds it, or its coordinator ended before it could obey. */
const freeCodes: ReadonlySet<string> = new Set(['DN515', 'DN516', 'DN518']);
