/**
 * Instructions signed by who broadcasts them and looked at by who rolls them out: an instruction and a key in, the
 * instruction with `signature` out. What is signed is a canonical text of all other fields, unknown ones included, because
 * an instruction is stored, read and written again by programs that order its fields as they like.
 */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { keyIdOf } from './bytecode/signature.js';
import { DreamnetError } from './errors.js';
import type { Trust } from './keys/trust.js';
import type { Instruction } from './nerve/messages/instruction.js';

/**
 * `wrong`: somebody changed it after it was signed, or the signature is damaged. `unknown` and `revoked` cannot be told
 * from an unsigned one: anybody can make a key.
 */
export type SignatureVerdict = {
  readonly state: 'trusted' | 'unsigned' | 'unknown' | 'revoked' | 'wrong';
  /** What is wrong, as the end of a sentence that begins with the instruction. */
  readonly reason: string;
};

/** An earlier signature is taken off. */
export function signInstruction(instruction: Instruction, key: KeyObject): Instruction {
  const { signature: _earlier, ...rest } = instruction;
  const signature = sign(null, signedText(rest), key).toString('base64');
  return { ...rest, signature: `ed25519:${keyIdOf(createPublicKey(key))}:${signature}` };
}

export function checkInstruction(instruction: Instruction, trust: Trust): SignatureVerdict {
  const { signature, ...rest } = instruction;
  if (signature === undefined || signature === '') return { state: 'unsigned', reason: 'is not signed' };
  const [, keyId = '', value = ''] = signaturePattern.exec(signature) ?? [];
  if (keyId === '')
    return { state: 'wrong', reason: 'has a signature that is none: ed25519:<key id>:<base64> is expected' };
  if (trust.revoked.has(keyId))
    return { state: 'revoked', reason: `is signed by ${keyId}, a key that is revoked` };
  const key = trust.trusted.find((candidate) => keyIdOf(candidate) === keyId);
  if (key === undefined)
    return { state: 'unknown', reason: `is signed by ${keyId}, which this home does not trust` };
  if (!verify(null, signedText(rest), key, Buffer.from(value, 'base64')))
    return { state: 'wrong', reason: `is not what ${keyId} signed: it was changed since` };
  return { state: 'trusted', reason: `is signed by ${keyId}` };
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

const signaturePattern = /^ed25519:([0-9a-f]{16}):([A-Za-z0-9+/]{86}==)$/;

/** The same key signs programs and orders: the first line says that this is neither. */
function signedText(instruction: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(`dreamnet instruction 1\n${canonicalJson(instruction)}`);
}

/** JSON without spaces, the names of every object in the order of their UTF-16 units; what JSON leaves out is left out. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`;
}
