/**
 * Instructions in: what waits on `swarm:instructions`, the one to roll out now, and what became of the others. A message
 * that does not fit goes to `swarm:instructions:rejected` with every reason; it never stops the listener.
 */
import { DreamnetError } from '../errors.js';
import { limits } from '../limits.js';
import { type Instruction, instructionSchema } from '../nerve/messages/instruction.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { readRollout } from '../nerve/rollout-records.js';
import {
  acknowledge,
  handBack,
  keepRejected,
  newestMessages,
  peekAtGroup,
  type Received,
  takeFromGroup,
} from '../nerve/streams.js';
import { pause } from '../pause.js';

export interface Intake {
  readonly instruction: Instruction | undefined;
  /** Older instructions that waited too: they stay on the stream and can be injected by id. */
  readonly superseded: readonly string[];
  readonly expired: readonly string[];
  readonly rejected: readonly { readonly streamId: string; readonly reasons: readonly string[] }[];
  /** Call it once the rollout is on record: until then the instruction is handed out again should this process die. */
  settle(): Promise<void>;
  /** The rollout did not begin: the instruction waits again, at once. */
  putBack(): Promise<void>;
}

/** The one consumer group of `swarm:instructions`: commands and services take from it. */
export const intakeGroup = 'injector';
const group = intakeGroup;

/** Why an instruction that fits must not be rolled out all the same, such as a wrong signature; undefined: it may. */
export type JudgeInstruction = (instruction: Instruction) => string | undefined;

/** The newest instruction that nobody has rolled out yet; what a service has accepted is left to it. */
export async function takeNewest(
  redis: Redis,
  names: Names,
  {
    consumer,
    nowMs,
    judge = () => undefined,
  }: { readonly consumer: string; readonly nowMs: number; readonly judge?: JudgeInstruction },
): Promise<Intake> {
  const stream = names.instructions;
  const taken = await takeFromGroup(redis, { stream, group, consumer, schema: instructionSchema });
  for (const { streamId } of taken.filter(isForService))
    await handBack(redis, { stream, group, consumer }, streamId);
  const received = judged(
    taken.filter((message) => !isForService(message)),
    judge,
  );
  for (const message of received)
    if (!message.ok) await keepRejected(redis, names.instructionsRejected, message);
  const sorted = await sortOut(redis, names, received, nowMs);
  const { instruction } = sorted;
  const chosen = received.findLast((message) => message.ok && message.value === instruction)?.streamId;
  const others = received.map(({ streamId }) => streamId).filter((streamId) => streamId !== chosen);
  await acknowledge(redis, stream, group, others);
  return {
    ...sorted,
    settle: () => acknowledge(redis, stream, group, chosen === undefined ? [] : [chosen]),
    putBack: () => handBack(redis, { stream, group, consumer }, chosen),
  };
}

/** The instruction that `takeNewest` would take now; it and all others stay where they are. */
export async function peekAtNewest(
  redis: Redis,
  names: Names,
  { nowMs, judge = () => undefined }: { readonly nowMs: number; readonly judge?: JudgeInstruction },
): Promise<Intake> {
  const stream = names.instructions;
  const waiting = await peekAtGroup(redis, { stream, group, schema: instructionSchema });
  const received = judged(
    waiting.filter((message) => !isForService(message)),
    judge,
  );
  const nothing = async () => undefined;
  return { ...(await sortOut(redis, names, received, nowMs)), settle: nothing, putBack: nothing };
}

async function sortOut(
  redis: Redis,
  names: Names,
  received: readonly Received<Instruction>[],
  nowMs: number,
): Promise<Omit<Intake, 'settle' | 'putBack'>> {
  const waiting = received.flatMap((message) => (message.ok ? [message.value] : []));
  const expired = waiting.filter((instruction) => (instruction.expires ?? Infinity) <= nowMs);
  const open = [];
  for (const instruction of waiting) {
    if (!expired.includes(instruction) && (await readRollout(redis, names, instruction.id)) === undefined)
      open.push(instruction);
  }
  const instruction = open.at(-1);
  return {
    instruction,
    superseded: [...new Set(open.map(({ id }) => id))].filter((id) => id !== instruction?.id),
    expired: expired.map(({ id }) => id),
    rejected: received.flatMap((message) =>
      message.ok ? [] : [{ streamId: message.streamId, reasons: message.reasons }],
    ),
  };
}

/** Somebody asked a service for it, which has promised to roll it out with the settings in it. */
function isForService(message: Received<Instruction>): boolean {
  return message.ok && message.value.rollout !== undefined;
}

/** What is judged not fit to be rolled out is as if it did not fit. */
function judged(
  messages: readonly Received<Instruction>[],
  judge: JudgeInstruction,
): readonly Received<Instruction>[] {
  return messages.map((message) => {
    const reason = message.ok ? judge(message.value) : undefined;
    if (reason === undefined) return message;
    return { streamId: message.streamId, raw: message.raw, ok: false, reasons: [reason] };
  });
}

/** Waits until an instruction comes, at most `waitMs`; the last look's report. */
export async function waitForNewest(
  redis: Redis,
  names: Names,
  options: {
    readonly consumer: string;
    readonly waitMs: number;
    readonly clock: () => number;
    readonly signal: AbortSignal;
    readonly judge?: JudgeInstruction;
  },
): Promise<Intake> {
  const until = options.clock() + options.waitMs;
  for (;;) {
    const intake = await takeNewest(redis, names, { ...options, nowMs: options.clock() });
    if (intake.instruction !== undefined || options.signal.aborted || options.clock() >= until) return intake;
    await pause(Math.min(200, Math.max(1, until - options.clock())), options.signal);
  }
}

/** One instruction by its id or its decision's id; throws DN505 when the stream does not hold it. */
export async function findInstruction(redis: Redis, names: Names, id: string): Promise<Instruction> {
  const messages = await newestMessages(
    redis,
    names.instructions,
    instructionSchema,
    limits.streamEntriesMax,
  );
  for (const message of messages) {
    if (message.ok && (message.value.id === id || message.value.decision === id)) return message.value;
  }
  throw new DreamnetError({
    code: 'DN505',
    kind: 'bad-input',
    message: `There is no instruction ${id.slice(0, 140)} on ${names.instructions}.`,
    hint: 'Make one with `dreamnet decide "reduce costs 15%"`.',
  });
}
