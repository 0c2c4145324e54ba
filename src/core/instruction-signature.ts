/**
 * Instructions signed by who broadcasts them and looked at by who rolls them out: an instruction and a key in, the
 * instruction with `signature` out. All other fields are signed, unknown ones included.
 */
import type { KeyObject } from 'node:crypto';
import { DreamnetError } from './errors.js';
import type { Trust } from './keys/trust.js';
import type { Instruction } from './nerve/messages/instruction.js';
import { checkFields, type SignatureVerdict, signFields } from './signed-fields.js';

export type { SignatureVerdict };

const what = 'instruction 1';

/** An earlier signature is taken off. */
export function signInstruction(instruction: Instruction, key: KeyObject): Instruction {
  const { signature: _earlier, ...fields } = instruction;
  return { ...fields, signature: signFields({ what, fields }, key) };
}

export function checkInstruction(instruction: Instruction, trust: Trust): SignatureVerdict {
  const { signature, ...fields } = instruction;
  return checkFields({ what, fields }, signature, trust);
}

/** What was changed after it was signed is rolled out by nobody; throws DN700. */
export function requireUnchanged(instruction: Instruction, trust: Trust | undefined): void {
  if (trust === undefined) return;
  const { state, reason } = checkInstruction(instruction, trust);
  if (state !== 'wrong') return;
  throw new DreamnetError({
    code: 'DN700',
    kind: 'bad-input',
    message: `Instruction ${instruction.id} ${reason}.`,
    hint: 'Decide anew with `dreamnet decide`, or send it again without a signature.',
  });
}
