/** Whom a service believes: an instruction in, why it must not be rolled out, or undefined, out. */
import { createPublicKey } from 'node:crypto';
import { checkInstruction, signInstruction } from '../instruction-signature.js';
import type { Trust } from '../keys/trust.js';
import type { LoopContext } from '../loop-context.js';
import type { Instruction } from '../nerve/messages/instruction.js';
import type { SignatureVerdict } from '../signed-fields.js';
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
  const verdict = checkInstruction(instruction, trustOf(acceptance));
  return isBelieved(acceptance, verdict) ? undefined : `it ${verdict.reason}`;
}

/** Without a keyring, the key that signs. */
export function trustOf({ context: { key, keyring } }: Pick<Acceptance, 'context'>): Trust {
  return keyring?.().trust ?? { trusted: [createPublicKey(key.privateKey)], revoked: new Set() };
}

export function isBelieved({ acceptUnsigned }: Acceptance, { state }: SignatureVerdict): boolean {
  return state === 'trusted' || (state !== 'wrong' && acceptUnsigned);
}

/** Signed anew by this home, which has looked at it: with the digest that agents have staged, the former signature is void. */
export function vouchedFor({ context }: Pick<Acceptance, 'context'>, instruction: Instruction): Instruction {
  return signInstruction(instruction, context.key.privateKey);
}
