/** The compile step: an instruction in, signed bytes of program.bc with checked parameter values out, stored by digest. */
import { createPublicKey } from 'node:crypto';
import { compileSource } from '../bytecode/compile.js';
import { digestOf } from '../bytecode/digest.js';
import { bytecodeLimits } from '../bytecode/limits.js';
import type { Manifest } from '../bytecode/manifest.js';
import { checkSignature, signProgram } from '../bytecode/signature.js';
import { verifyProgram } from '../bytecode/verify.js';
import { DreamnetError } from '../errors.js';
import type { Keyring } from '../keys/keyring.js';
import type { Capabilities } from '../language/capabilities.js';
import { renderDiagnostics } from '../language/diagnostics/render-diagnostic.js';
import { readCapabilities } from '../language/read-capabilities.js';
import type { Instruction } from '../nerve/messages/instruction.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { readStoredProgram } from '../nerve/stored-program.js';
import type { SigningKey } from './course/send-orders.js';

export interface PreparedProgram {
  readonly name: string;
  readonly digest: string;
  readonly bytes: Uint8Array;
  /** 0 to 1; null when the program came as bytes only, because the score needs the source. */
  readonly optimizationScore: number | null;
  readonly costPerTask: { readonly min: number; readonly max: number };
  readonly manifest: Manifest;
  /** What its source was compiled for; undefined for the reference fleet, and when it came as bytes. */
  readonly capabilities?: Capabilities | undefined;
  /** One value for every parameter, defaults filled in. */
  readonly parameters: Readonly<Record<string, number>>;
}

export interface ProgramRequest {
  readonly instruction: Instruction;
  /** Signs what is compiled here. */
  readonly key: SigningKey;
  /** Every pair of the home, and whom its agents trust; without it, `key` alone. */
  readonly keyring?: Keyring | undefined;
  /** False: it is not stored, for a look at what would be. */
  readonly store?: boolean;
}

export async function prepareProgram(
  redis: Redis,
  names: Names,
  request: ProgramRequest,
): Promise<PreparedProgram> {
  const { instruction } = request;
  const program = instruction.program;
  if (program?.source === undefined && program?.digest === undefined && program?.bytes === undefined) {
    throw refused(
      'DN521',
      `Instruction ${instruction.id} carries neither a program's source nor its digest.`,
    );
  }
  const capabilities = program.source === undefined ? undefined : capabilitiesOf(instruction);
  const compiled =
    program.source === undefined ? undefined : compile(program.source, instruction, capabilities);
  const bytes =
    compiled === undefined ? await signedBytes(redis, names, request) : signCompiled(compiled.bytes, request);
  const digest = digestOf(bytes);
  if (program.digest !== undefined && program.digest !== digest) {
    throw refused(
      'DN520',
      `Instruction ${instruction.id} promises ${program.digest}, its source compiles to ${digest}.`,
    );
  }
  const verified = verifyProgram(bytes);
  if (!verified.ok)
    throw refused(verified.code, `The program of ${instruction.id} is not safe to run: ${verified.reason}.`);
  const { manifest, costPerTask } = verified.program;
  const parameters = parameterValues(manifest, program.parameters ?? {});
  if (request.store !== false) await redis.set(names.program(digest), Buffer.from(bytes));
  return {
    name: manifest.name,
    digest,
    bytes,
    optimizationScore: compiled?.optimizationScore ?? null,
    costPerTask,
    manifest,
    capabilities,
    parameters,
  };
}

function compile(source: string, instruction: Instruction, capabilities: Capabilities | undefined) {
  const fileName = `${instruction.id}.dream`;
  const result = compileSource(source, { fileName, ...(capabilities && { capabilities }) });
  if (!result.ok) {
    throw new DreamnetError({
      code: 'DN522',
      kind: 'bad-input',
      message: `The program of ${instruction.id} does not compile.\n${renderDiagnostics(result.diagnostics, { source, fileName })}`,
      hint: 'Mend the source and send a new instruction.',
    });
  }
  return result.program;
}

/** What its source is written for; undefined for the reference fleet. */
function capabilitiesOf({ id, program }: Instruction): Capabilities | undefined {
  if (program?.capabilities === undefined) return undefined;
  const fileName = `${id}.capabilities.json`;
  const read = readCapabilities(program.capabilities, { fileName });
  if (read.ok) return read.capabilities;
  const [first] = read.diagnostics;
  const why = first === undefined ? 'it cannot be read' : `${first.code} ${first.message}`;
  throw refused('DN522', `The capabilities that ${id} brings for its program cannot be used: ${why}.`);
}

/**
 * Signs with the key that signs now. A digest that was promised may be of a file that another key of this home signed,
 * because the key was changed between the decision and now: signatures repeat themselves, so that file can be made again.
 */
function signCompiled(bytes: Uint8Array, { instruction, key, keyring }: ProgramRequest): Uint8Array {
  const promised = instruction.program?.digest;
  const signed = signProgram(bytes, key.privateKey);
  if (promised === undefined || digestOf(signed) === promised) return signed;
  for (const { privateKey, keyId } of keyring?.pairs ?? []) {
    const other = signProgram(bytes, privateKey);
    if (digestOf(other) !== promised) continue;
    if (keyring?.trust.revoked.has(keyId))
      throw refused(
        'DN124',
        `The program of ${instruction.id} was signed by ${keyId}, a key that is revoked.`,
      );
    return other;
  }
  return signed;
}

/** What came as bytes, in the instruction or stored by digest, must carry the signature of a trusted key. */
async function signedBytes(
  redis: Redis,
  names: Names,
  { instruction: { id, program = {} }, key, keyring }: ProgramRequest,
): Promise<Uint8Array> {
  const { digest = `of ${id}` } = program;
  const bytes =
    program.bytes === undefined
      ? await readStoredProgram(redis, names, { digest, bytesMax: bytecodeLimits.fileBytesMax })
      : Buffer.from(program.bytes, 'base64');
  if (bytes === undefined) throw refused('DN523', `Nobody has stored the program ${digest}.`);
  const { trusted, revoked } = keyring?.trust ?? {
    trusted: [createPublicKey(key.privateKey)],
    revoked: undefined,
  };
  const signature = checkSignature(bytes, trusted, revoked);
  if (!signature.ok)
    throw refused(signature.code, `The program ${digest} is not to be trusted: ${signature.reason}.`);
  return bytes;
}

function parameterValues(
  manifest: Manifest,
  given: Readonly<Record<string, number>>,
): Record<string, number> {
  const unknown = Object.keys(given).find(
    (name) => !manifest.parameters.some((parameter) => parameter.name === name),
  );
  if (unknown !== undefined)
    throw refused('DN524', `The program ${manifest.name} has no parameter ${unknown}.`);
  return Object.fromEntries(
    manifest.parameters.map(({ name, default: standard, min, max }) => {
      const value = (Object.hasOwn(given, name) ? given[name] : undefined) ?? standard;
      if (value < min || value > max)
        throw refused('DN525', `${name} = ${value} is outside ${min} to ${max}.`);
      return [name, value];
    }),
  );
}

function refused(code: string, message: string): DreamnetError {
  return new DreamnetError({
    code,
    kind: 'bad-input',
    message,
    hint: 'Decide again with `dreamnet decide`, or send a mended instruction.',
  });
}
