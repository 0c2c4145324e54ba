/** Whom a service believes: an instruction in, why it must not be rolled out, or undefined, out. */
import { checkInstruction, signInstruction } from '../instruction-signature.js';
import type { LoopContext } from '../loop-context.js';
import type { Instruction } from '../nerve/messages/instruction.js';
import type { RolloutRecord } from '../nerve/messages/rollout-record.js';
import { type ServiceSettings, settingsOf } from './settings.js';

export interface Acceptance {
  readonly context: LoopContext;
  readonly defaults: ServiceSettings;
  /** Also what nobody vouches for; never what was changed after it was signed. */
  readonly acceptUnsigned: boolean;
}

export function whyRefused(acceptance: Acceptance, instruction: Instruction): string | undefined {
  if (settingsOf(instruction, acceptance.defaults) === undefined)
    return 'its field `rollout` wishes what cannot be';
  const trust = acceptance.context.keyring?.().trust ?? { trusted: [], revoked: new Set<string>() };
  const { state, reason } = checkInstruction(instruction, trust);
  if (state === 'trusted' || (state !== 'wrong' && acceptance.acceptUnsigned)) return undefined;
  return `it ${reason}`;
}

/** A record is as good as whoever could write to Redis: its instruction and its program must be what was signed. */
export function whyNotFollowed(
  acceptance: Acceptance,
  { instruction, program }: RolloutRecord,
): string | undefined {
  const promised = instruction.program?.digest;
  if (promised !== undefined && promised !== program.digest)
    return `its program is ${program.digest}, and its instruction promises ${promised}`;
  return whyRefused(acceptance, instruction);
}

/** Signed anew by this home, which has looked at it: with the digest that agents have staged, the former signature is void. */
export function vouchedFor({ context }: Pick<Acceptance, 'context'>, instruction: Instruction): Instruction {
  return signInstruction(instruction, context.key.privateKey);
}
