/** The bytes of a program file in, what speaks against running it out: structure, limits and signature. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, digestOf } from '../core/bytecode/digest.js';
import { programExplanations } from '../core/bytecode/explanations.js';
import { checkSignature, type SignatureResult } from '../core/bytecode/signature.js';
import { type CostPerTask, verifyProgram } from '../core/bytecode/verify.js';
import type { VerifyCode } from '../core/bytecode/verify-codes.js';
import { DreamnetError, messageOf } from '../core/errors.js';
import { resolveHome } from '../core/fleet/home.js';

export interface ProgramProblem {
  readonly code: VerifyCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string;
}

export interface ProgramFacts {
  readonly name: string;
  readonly digest: Digest;
  readonly costPerTask: CostPerTask;
  /** Whether one of the known keys signed these bytes, and which, or why not. */
  readonly signature: SignatureResult;
}

export interface ProgramVerdict {
  /** Undefined when the file is refused by its structure. */
  readonly program: ProgramFacts | undefined;
  readonly problems: readonly ProgramProblem[];
}

export interface KnownKeys {
  readonly keys: readonly KeyObject[];
  /** The keys were named by the user: a program that none of them signed is refused. */
  readonly required: boolean;
}

/** What looks like a program file, whole or cut short, rather than like text. */
export function isProgramFile(file: string, bytes: Uint8Array): boolean {
  return file.endsWith('.bc') || Buffer.from(bytes.subarray(0, 4)).equals(Buffer.from('\0asm'));
}

export function checkProgram(bytes: Uint8Array, { keys, required }: KnownKeys): ProgramVerdict {
  const verdict = verifyProgram(bytes);
  if (!verdict.ok) return { program: undefined, problems: [problem(verdict.code, verdict.reason)] };
  const signature = checkSignature(bytes, keys);
  const { manifest, costPerTask } = verdict.program;
  const program: ProgramFacts = {
    name: manifest.name,
    digest: digestOf(bytes),
    costPerTask,
    signature,
  };
  if (signature.ok || (signature.code === 'DN122' && !required)) return { program, problems: [] };
  const severity = signature.code === 'DN120' && !required ? 'warning' : 'error';
  return { program, problems: [problem(signature.code, signature.reason, severity)] };
}

/** The keys of `--key`, or else the public key of this home, if there is one; none is made. */
export function knownKeys(files: readonly string[], env: NodeJS.ProcessEnv): KnownKeys {
  if (files.length > 0) return { keys: files.map(readPublicKey), required: true };
  const own = join(resolveHome(env).keysDir, 'signing.pub.pem');
  return { keys: existsSync(own) ? [readPublicKey(own)] : [], required: false };
}

function problem(
  code: VerifyCode,
  message: string,
  severity: ProgramProblem['severity'] = 'error',
): ProgramProblem {
  return { code, severity, message, hint: programExplanations[code].remedy };
}

function readPublicKey(file: string): KeyObject {
  try {
    const key = createPublicKey(readFileSync(file));
    if (key.asymmetricKeyType === 'ed25519') return key;
    throw new Error(`it is of type ${key.asymmetricKeyType}`);
  } catch (cause) {
    throw new DreamnetError({
      code: 'DN936',
      kind: 'bad-input',
      message: `${file} is no public Ed25519 key: ${messageOf(cause)}.`,
      hint: 'Give the PEM file of a public key.',
      cause,
    });
  }
}
