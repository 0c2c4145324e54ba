/** Who works on a rollout, and what is wished of it: fields of `rollout:<id>`, each changed by one script. */
import { type Wish, wishSchema } from './messages/wish.js';
import type { Names } from './names.js';
import { parseRecord } from './records.js';
import type { Redis } from './redis.js';
import { runScript } from './run-script.js';

/** The names that `scripts/ask-rollout.lua` gives to what came of a wish. */
export type AskName = 'asked' | 'same' | 'unknown' | 'state' | 'unheld' | 'overruled';

export interface AskReply {
  readonly name: AskName;
  /** An id, a state or a wish as JSON, as the script says. */
  readonly detail: string;
}

export interface RolloutHold {
  /** Name of the process that holds it, or held it last. */
  readonly holder: string | undefined;
  /** It is alive, as far as Redis knows. */
  readonly held: boolean;
  readonly epoch: number;
  /** The wish that waits to be obeyed. */
  readonly wish: Wish | undefined;
  /** Id of the last wish that was obeyed. */
  readonly answered: string | undefined;
}

/** Leaves a wish; `states` and `overrules` as `scripts/ask-rollout.lua` says. */
export async function leaveWish(
  redis: Redis,
  names: Names,
  request: {
    readonly rollout: string;
    readonly wish: Wish;
    readonly states: readonly string[];
    readonly overrules: readonly string[];
  },
): Promise<AskReply> {
  const { rollout, wish, states, overrules } = request;
  const reply = (await runScript(redis, 'ask-rollout', names.rollout(rollout), [
    JSON.stringify(wish),
    states.join(' '),
    overrules.join(' '),
    names.wishes(rollout),
  ])) as [AskName, string];
  return { name: reply[0], detail: reply[1] };
}

/** Prolongs the hold and gives the wish that waits; `lost` when another coordinator has taken over. */
export async function prolongHold(
  redis: Redis,
  names: Names,
  { rollout, epoch, holdMs }: { readonly rollout: string; readonly epoch: number; readonly holdMs: number },
): Promise<Wish | 'none' | 'lost'> {
  const reply = await runScript(redis, 'hold-rollout', names.rollout(rollout), [epoch, holdMs]);
  if (typeof reply !== 'string') return 'lost';
  return parseRecord(reply, wishSchema) ?? 'none';
}

export async function readHold(redis: Redis, names: Names, rollout: string): Promise<RolloutHold> {
  const [[holder, heldUntil, epoch, wishText, answered], [seconds, microseconds]] = await Promise.all([
    redis.hmget(names.rollout(rollout), 'holder', 'heldUntil', 'epoch', 'wish', 'answered'),
    redis.time(),
  ]);
  const nowMs = Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  const wish = parseRecord(wishText, wishSchema);
  return {
    holder: holder ?? undefined,
    held: Number(heldUntil ?? 0) > nowMs,
    epoch: Number(epoch ?? 0),
    wish: wish?.id === answered ? undefined : wish,
    answered: answered ?? undefined,
  };
}
