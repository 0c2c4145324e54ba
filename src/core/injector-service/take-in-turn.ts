/**
 * What waits on `swarm:instructions` in, the next one to roll out out: in turn, each once. Nobody looks at what a service
 * takes, so whatever does not fit, is not vouched for or comes too late is set aside here, with the reason.
 */
import { intakeGroup, type JudgeInstruction } from '../injector/intake.js';
import { type Instruction, instructionSchema } from '../nerve/messages/instruction.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { readRollout, readRollouts } from '../nerve/rollout-records.js';
import {
  acknowledge,
  keepRejected,
  peekAtGroup,
  type Received,
  takeNextFromGroup,
} from '../nerve/streams.js';

export interface Taken {
  readonly instruction: Instruction;
  /** Call it once the rollout is on record: until then the instruction is handed out again should this process die. */
  settle(): Promise<void>;
  /** It cannot be rolled out, and trying again would not mend it. */
  reject(reason: string): Promise<void>;
}

export interface TakeOptions {
  readonly redis: Redis;
  readonly names: Names;
  readonly clock: () => number;
  readonly judge: JudgeInstruction;
  readonly say: (text: string) => void;
}

/**
 * Services share one name in the group, and the lease sees to it that one takes at a time: so the next service finds at
 * once what a killed one had taken and not begun, and nobody else does.
 */
const consumer = 'injector-service';
/** Instructions that are looked at for a newer one; what waits behind them is decided when it is its turn. */
const lookAhead = 100;

export async function takeInTurn(options: TakeOptions): Promise<Taken | undefined> {
  const { redis, names, say } = options;
  const stream = names.instructions;
  const place = { stream, group: intakeGroup, schema: instructionSchema };
  for (;;) {
    const message = await takeNextFromGroup(redis, { ...place, consumer });
    if (message === undefined) return undefined;
    const settle = () => acknowledge(redis, stream, intakeGroup, [message.streamId]);
    const reject = async (reasons: readonly string[]) => {
      await keepRejected(redis, names.instructionsRejected, { ...message, reasons });
      await settle();
      const what = message.ok ? `instruction ${message.value.id}` : `message ${message.streamId}`;
      say(`${what} was rejected: ${reasons.join('; ')} (kept on ${names.instructionsRejected})`);
    };
    if (!message.ok) await reject(message.reasons);
    else {
      const refusal = options.judge(message.value);
      const passed = refusal === undefined ? await whyPassedOver(options, message) : undefined;
      if (refusal !== undefined) await reject([refusal]);
      else if (passed !== undefined) {
        await settle();
        say(`instruction ${message.value.id} ${passed}`);
      } else return { instruction: message.value, settle, reject: (reason) => reject([reason]) };
    }
  }
}

/** Whether something waits, if only to be set aside. */
export async function isOneDue(redis: Redis, names: Names): Promise<boolean> {
  return (await waiting(redis, names, 1)).length > 0;
}

/** Instructions that nobody has begun to roll out, oldest first. */
export async function instructionsWaiting(redis: Redis, names: Names): Promise<Instruction[]> {
  const messages = await waiting(redis, names, lookAhead);
  const instructions = messages.flatMap((message) => (message.ok ? message.value : []));
  const rollouts = await readRollouts(
    redis,
    names,
    instructions.map(({ id }) => id),
  );
  return instructions.filter((_instruction, at) => rollouts[at] === undefined);
}

function waiting(redis: Redis, names: Names, count: number): Promise<Received<Instruction>[]> {
  const place = { stream: names.instructions, group: intakeGroup, schema: instructionSchema };
  return peekAtGroup(redis, { ...place, reclaimAfterMs: 0, count });
}

async function whyPassedOver(
  { redis, names, clock, judge }: TakeOptions,
  { value: instruction }: Received<Instruction> & { ok: true },
): Promise<string | undefined> {
  if ((instruction.expires ?? Infinity) <= clock()) return 'had expired';
  if ((await readRollout(redis, names, instruction.id)) !== undefined) return 'has been rolled out already';
  const all = await instructionsWaiting(redis, names);
  const newer = all.slice(all.findIndex(({ id }) => id === instruction.id) + 1);
  const next = newer.findLast((other) => takesPlaceOf(other, instruction) && judge(other) === undefined);
  if (next === undefined) return undefined;
  return next.id === instruction.id
    ? 'was sent again'
    : `is superseded by ${next.id}; roll it out with its id`;
}

function takesPlaceOf(newer: Instruction, older: Instruction): boolean {
  if (newer.id === older.id) return true;
  const isSameFleet = (newer.selector ?? '') === (older.selector ?? '');
  return isSameFleet && isSupersedable(newer) && isSupersedable(older);
}

/** The governor decides for a state of the fleet, and then anew; what somebody asked this service for is done in any case. */
function isSupersedable({ decision, rollout }: Instruction): boolean {
  return decision !== undefined && rollout === undefined;
}
