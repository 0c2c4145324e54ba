/**
 * An operator's wish in, what came of it out: left with the coordinator that holds the rollout, and waited for until that
 * has done it and written it down. Where nobody holds the rollout, only `roll-back.ts` can still do something.
 */
import type { RolloutRecord } from '../../nerve/messages/rollout-record.js';
import { type Wish, type WishAction, wishSchema } from '../../nerve/messages/wish.js';
import type { Names } from '../../nerve/names.js';
import { parseRecord } from '../../nerve/records.js';
import type { Redis } from '../../nerve/redis.js';
import { leaveWish, type RolloutHold, readHold } from '../../nerve/rollout-holds.js';
import { readRollout, takenOver } from '../../nerve/rollout-records.js';
import { pause } from '../../pause.js';
import { wishRules } from '../course/states.js';
import {
  cameTooLate,
  doesNotFit,
  nobodyHolds,
  noSuchRollout,
  notAnswered,
  overruledBy,
} from './wish-refusals.js';

export interface AskRequest {
  readonly redis: Redis;
  readonly names: Names;
  /** Whole id of the rollout. */
  readonly rollout: string;
  readonly wish: Wish;
  /** How long the coordinator may take, while it is alive: it takes in answers that are under way first. */
  readonly answerWithinMs?: number;
  /** Called once, when it takes longer than a moment. */
  readonly onWaiting?: (holder: string) => void;
  readonly signal: AbortSignal;
}

export interface AskAnswer {
  readonly record: RolloutRecord;
  /** False: it had been so before. */
  readonly changed: boolean;
}

/** Longer than agents have to acknowledge the batch that is under way, and then to return to what they had. */
const answerWithinMs = 30_000;
const lookEveryMs = 25;
const momentMs = 1_000;

/** Throws DN506 and DN515 to DN519; when nobody holds the rollout, DN516. */
export async function askRollout(request: AskRequest): Promise<AskAnswer> {
  const { redis, names, rollout, wish } = request;
  const { action } = wish;
  const { when, done, overrules } = wishRules[action];
  const before = await readHold(redis, names, rollout);
  const { name, detail } = await leaveWish(redis, names, { rollout, wish, states: when, overrules });
  switch (name) {
    case 'asked':
    case 'same':
      return waitForAnswer(request, { id: detail, epoch: before.epoch });
    case 'unknown':
      throw noSuchRollout(rollout);
    case 'state':
      if ((done as readonly string[]).includes(detail)) return alreadySo(request, before);
      throw doesNotFit(action, { id: rollout, state: detail });
    case 'unheld':
      throw nobodyHolds(action, { id: rollout, state: detail });
    case 'overruled':
      throw overruledBy(action, rollout, parseRecord(detail, wishSchema) ?? wish);
    default:
      return name satisfies never;
  }
}

/** It goes on already only if somebody works on it. */
async function alreadySo(
  { redis, names, rollout, wish: { action } }: AskRequest,
  { held }: RolloutHold,
): Promise<AskAnswer> {
  const record = await readRollout(redis, names, rollout);
  if (record === undefined) throw noSuchRollout(rollout);
  if (action === 'resume' && !held) throw nobodyHolds(action, record);
  return { record, changed: false };
}

async function waitForAnswer(
  request: AskRequest,
  asked: { readonly id: string; readonly epoch: number },
): Promise<AskAnswer> {
  const { redis, names, rollout, wish, signal } = request;
  const { action } = wish;
  const withinMs = request.answerWithinMs ?? answerWithinMs;
  const begunMs = performance.now();
  let told = false;
  for (;;) {
    const hold = await readHold(redis, names, rollout);
    const record = await readRollout(redis, names, rollout);
    if (record === undefined) throw noSuchRollout(rollout);
    // It may have gone on since, so that the state tells nothing.
    if (record.control?.wish === asked.id) return { record, changed: true };
    if (hold.answered === asked.id) throw cameTooLate(action, record);
    if (hold.epoch !== asked.epoch) throw takenOver(rollout);
    if (hold.wish !== undefined && hold.wish.id !== asked.id) throw overruledBy(action, rollout, hold.wish);
    if (hold.wish === undefined) throw cameTooLate(action, record);
    if (!hold.held) throw leftBehind(action, record);
    const waitedMs = performance.now() - begunMs;
    if (signal.aborted || waitedMs >= withinMs) throw notAnswered(action, rollout, waitedMs);
    if (!told && waitedMs >= momentMs) {
      told = true;
      request.onWaiting?.(hold.holder ?? 'the injector');
    }
    await pause(lookEveryMs, signal);
  }
}

/** Its coordinator ended without obeying: killed, or at its goal. */
function leftBehind(action: WishAction, record: RolloutRecord) {
  return wishRules[action].when.includes(record.state)
    ? nobodyHolds(action, record)
    : cameTooLate(action, record);
}
