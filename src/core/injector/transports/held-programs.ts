/**
 * What an agent without the SDK holds, which nobody but the injector remembers: orders in, what it holds then and which
 * program has to be in place out, as the SDK's agent does it by itself. The decisions are pure; `held-record.ts` keeps what
 * they give.
 */
import { z } from 'zod';
import { digestSchema, identifierSchema } from '../../nerve/messages/identifiers.js';
import type { Order } from '../../nerve/messages/order.js';
import { noProgram } from './program-directory.js';

const heldProgramSchema = z.object({
  /** Absent for what was there before the first instruction. */
  instruction: identifierSchema.optional(),
  digest: digestSchema,
});
export type HeldProgram = z.infer<typeof heldProgramSchema>;

export const heldSchema = z.object({
  epoch: z.number().int().nonnegative(),
  live: heldProgramSchema.optional(),
  staged: heldProgramSchema.optional(),
  /** Programs that were live before, oldest first. */
  former: z.array(heldProgramSchema).max(64),
  /** Instruction -> in which epoch it was undone, and whether it was live then. */
  undone: z.record(z.string(), z.object({ epoch: z.number(), wasLive: z.boolean() })),
  observing: z.boolean(),
});
export type Held = z.infer<typeof heldSchema>;

/** What is to be done in the agent's directory. */
export type Move =
  | { readonly move: 'stage' | 'activate' | 'observe' | 'unstage' | 'nothing' }
  | { readonly move: 'restore'; readonly digest: string }
  | { readonly move: 'refuse'; readonly code: string; readonly reason: string };

/** As the SDK's agent remembers: more than anybody takes back. */
const rememberedMax = 16;

/** `present` is the digest of the program that is there; it counts where nothing is known, or somebody else replaced it. */
export function decideMove(
  held: Held,
  order: Omit<Order, 'targets'>,
  present: string,
): { readonly held: Held; readonly move: Move } {
  const { instruction, digest, epoch, action } = order;
  if (epoch < held.epoch)
    return refuse(
      held,
      'DN615',
      `the order has epoch ${epoch}, another of epoch ${held.epoch} came before it`,
    );
  if (action !== 'undo' && epoch <= (held.undone[instruction]?.epoch ?? 0))
    return refuse(held, 'DN617', `${instruction} has been undone in epoch ${epoch}`);
  const now: Held = { ...held, epoch };
  const mine: HeldProgram = { instruction, digest };
  const isLive = now.live?.instruction === instruction;
  if (isLive && now.live?.digest !== digest && action !== 'undo')
    return refuse(held, 'DN618', `${instruction} is live here as ${now.live?.digest}`);
  switch (action) {
    case 'stage':
      if (isLive) return { held: now, move: { move: 'nothing' } };
      return { held: { ...now, staged: mine, observing: false }, move: { move: 'stage' } };
    case 'live':
      if (isLive) return { held: now, move: { move: 'activate' } };
      if (!isSame(now.staged, mine)) return refuse(held, 'DN616', notStaged(order));
      return { held: switchTo(now, mine, present), move: { move: 'activate' } };
    case 'observe':
      if (!isSame(now.staged, mine)) return refuse(held, 'DN616', notStaged(order));
      return { held: { ...now, observing: true }, move: { move: 'observe' } };
    case 'undo':
      return undo(now, order);
    default:
      return action satisfies never;
  }
}

export function emptyHeld(): Held {
  return { epoch: 0, former: [], undone: {}, observing: false };
}

/** Kept by instruction, as an undo of one takes it out from among those that others would return to. */
function switchTo(held: Held, mine: HeldProgram, present: string): Held {
  const before = held.live?.digest === present ? held.live : { digest: present };
  const { staged: _, ...rest } = held;
  return { ...rest, live: mine, former: [...held.former, before].slice(-rememberedMax), observing: false };
}

function undo(held: Held, { instruction, epoch }: Omit<Order, 'targets'>): { held: Held; move: Move } {
  const { staged, live, ...rest } = held;
  const isLive = live?.instruction === instruction;
  const wasLive = isLive || (held.undone[instruction]?.wasLive ?? false);
  const wasStaged = staged?.instruction === instruction;
  const others = Object.entries(held.undone).filter(([id]) => id !== instruction);
  const former = held.former.filter((one) => one.instruction !== instruction);
  const now = isLive ? former.pop() : live;
  const next: Held = {
    ...rest,
    ...(now === undefined ? {} : { live: now }),
    ...(wasStaged || staged === undefined ? {} : { staged }),
    former,
    undone: Object.fromEntries([...others, [instruction, { epoch, wasLive }] as const].slice(-rememberedMax)),
    observing: held.observing && !wasStaged,
  };
  // Undone before, and asked again: perhaps the agent has not heard of it.
  if (wasLive) return { held: next, move: { move: 'restore', digest: now?.digest ?? noProgram } };
  return { held: next, move: { move: wasStaged ? 'unstage' : 'nothing' } };
}

function refuse(held: Held, code: string, reason: string): { held: Held; move: Move } {
  return { held, move: { move: 'refuse', code, reason } };
}

function isSame(one: HeldProgram | undefined, other: HeldProgram): boolean {
  return one?.instruction === other.instruction && one?.digest === other.digest;
}

function notStaged({ instruction, digest }: Omit<Order, 'targets'>): string {
  return `nothing is staged here for ${instruction} with ${digest}`;
}
