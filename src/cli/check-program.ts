/** The bytes of a program file in, what speaks against running it out: structure, limits and signature. */
import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type Digest, digestOf } from '../core/bytecode/digest.js';
import { programExplanations } from '../core/bytecode/explanations.js';
import { checkSignature, type SignatureResult } from '../core/bytecode/signature.js';
import { type CostPerTask, verifyProgram } from '../core/bytecode/verify.js';
import type { VerifyCode } from '../core/bytecode/verify-codes.js';
import { DreamnetError } from '../core/errors.js';
import { resolveHome } from '../core/fleet/home.js';
import { type KeyDirectory, readKeyDirectory } from '../core/keys/key-directory.js';
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
  if (signature.ok) return { program, problems: [] };
  const isUnknown = signature.code === 'DN122' && !required;
  // A home without keys has nothing to say about who may sign.
  if (isUnknown && trusted.length === 0) return { program, problems: [] };
  const isWarning = isUnknown || (signature.code === 'DN120' && !required);
  const severity = isWarning ? 'warning' : 'error';
  return { program, problems: [problem(signature.code, signature.reason, severity)] };
}

/**
 * The keys of `--key`, each the name of a key of this home or a PEM file, or else those that this home trusts; what the
 * home has revoked counts for nothing either way. Nothing is made in the home.
 */
export function knownKeys(words: readonly string[], env: NodeJS.ProcessEnv): () => KnownKeys {
  const read = () => readKeyDirectory(resolveHome(env).keysDir);
  const named = words.length === 0 ? [] : publicKeys(words, read());
  let known: KnownKeys | undefined;
  return () => {
    known ??= withHome(named, read());
    return known;
  };
}

function withHome(named: readonly KeyObject[], { keys, revocations }: KeyDirectory): KnownKeys {
  const revoked = new Set(revocations.map(({ id }) => id));
  if (named.length > 0) return { trusted: named, revoked, required: true };
  return { trusted: keys.map(({ publicKey }) => publicKey), revoked, required: false };
}

/** A name comes first, as with `compile --key`; `./NAME` is a file. */
function publicKeys(words: readonly string[], { keys }: KeyDirectory): KeyObject[] {
  return words.map((word) => keys.find(({ name }) => name === word)?.publicKey ?? readPublicKey(word));
}

function problem(
  code: VerifyCode,
  message: string,
  severity: ProgramProblem['severity'] = 'error',
): ProgramProblem {
  return { code, severity, message, hint: programExplanations[code].remedy };
}

function readPublicKey(file: string): KeyObject {
  const hint = 'Give a name or a PEM file of `dreamnet keys list`, or leave --key out to use those keys.';
  const refused = (message: string) => new DreamnetError({ code: 'DN936', kind: 'bad-input', message, hint });
  if (file !== '-' && !existsSync(file)) throw refused(`${file} is neither a key of this home nor a file.`);
  const { name, bytes } = readInput(file, { what: 'a key', bytesMax: keyFileBytesMax });
  const parsed = parsePublicKey(Buffer.from(bytes).toString('utf8'));
  if (parsed.ok) return parsed.key;
  throw refused(`${name} is no public Ed25519 key: ${parsed.problem}.`);
}
