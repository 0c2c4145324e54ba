/** The bytes of a program file in, what speaks against running it out: structure, limits and signature. */
import type { KeyObject } from 'node:crypto';
import { type Digest, digestOf } from '../core/bytecode/digest.js';
import { programExplanations } from '../core/bytecode/explanations.js';
import { checkSignature, type SignatureResult } from '../core/bytecode/signature.js';
import { type CostPerTask, verifyProgram } from '../core/bytecode/verify.js';
import type { VerifyCode } from '../core/bytecode/verify-codes.js';
import { DreamnetError } from '../core/errors.js';
import { resolveHome } from '../core/fleet/home.js';
import { readKeyDirectory } from '../core/keys/key-directory.js';
import { keyFileBytesMax, parsePublicKey } from '../core/keys/parse-key.js';
import { readInput } from './input-file.js';

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
  readonly trusted: readonly KeyObject[];
  readonly revoked: ReadonlySet<string>;
  /** The keys were named by the user: a program that none of them signed is refused. */
  readonly required: boolean;
}

/** What looks like a program file, whole or cut short, rather than like text. */
export function isProgramFile(file: string, bytes: Uint8Array): boolean {
  return file.endsWith('.bc') || Buffer.from(bytes.subarray(0, 4)).equals(Buffer.from('\0asm'));
}

export function checkProgram(bytes: Uint8Array, { trusted, revoked, required }: KnownKeys): ProgramVerdict {
  const verdict = verifyProgram(bytes);
  if (!verdict.ok) return { program: undefined, problems: [problem(verdict.code, verdict.reason)] };
  const signature = checkSignature(bytes, trusted, revoked);
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

/**
 * The keys of `--key`, or else those that this home trusts; what the home has revoked counts for nothing either way. The
 * home is looked at when the first program is checked, and nothing is made in it.
 */
export function knownKeys(files: readonly string[], env: NodeJS.ProcessEnv): () => KnownKeys {
  const named = files.map(readPublicKey);
  let known: KnownKeys | undefined;
  return () => {
    known ??= withHome(named, env);
    return known;
  };
}

function withHome(named: readonly KeyObject[], env: NodeJS.ProcessEnv): KnownKeys {
  const { keys, revocations } = readKeyDirectory(resolveHome(env).keysDir);
  const revoked = new Set(revocations.map(({ id }) => id));
  if (named.length > 0) return { trusted: named, revoked, required: true };
  return { trusted: keys.map(({ publicKey }) => publicKey), revoked, required: false };
}

function problem(
  code: VerifyCode,
  message: string,
  severity: ProgramProblem['severity'] = 'error',
): ProgramProblem {
  return { code, severity, message, hint: programExplanations[code].remedy };
}

function readPublicKey(file: string): KeyObject {
  const { name, bytes } = readInput(file, { what: 'a key', bytesMax: keyFileBytesMax });
  const parsed = parsePublicKey(Buffer.from(bytes).toString('utf8'));
  if (parsed.ok) return parsed.key;
  throw new DreamnetError({
    code: 'DN936',
    kind: 'bad-input',
    message: `${name} is no public Ed25519 key: ${parsed.problem}.`,
    hint: 'Give a PEM file, such as the NAME.pub.pem that `dreamnet keys list` names.',
  });
}
