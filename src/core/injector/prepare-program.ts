/** The compile step: an instruction in, signed bytes of program.bc with checked parameter values out, stored by digest. */
import { createPublicKey } from 'node:crypto';
import type { Redis } from 'ioredis';
import { compileSource } from '../bytecode/compile.js';
import { digestOf } from '../bytecode/digest.js';
import type { Manifest } from '../bytecode/manifest.js';
import { checkSignature, signProgram } from '../bytecode/signature.js';
import { verifyProgram } from '../bytecode/verify.js';
import { DreamnetError } from '../errors.js';
import { renderDiagnostics } from '../language/render-diagnostic.js';
import type { Instruction } from '../nerve/messages/instruction.js';
import type { Names } from '../nerve/names.js';
import type { SigningKey } from './send-orders.js';

export interface PreparedProgram {
  readonly name: string;
  readonly digest: string;
  readonly bytes: Uint8Array;
  /** 0 to 1; 0 when the program came as bytes only, because the score needs the source. */
  readonly optimizationScore: number;
  readonly costPerTask: { readonly min: number; readonly max: number };
  readonly manifest: Manifest;
  /** One value for every parameter, defaults filled in. */
  readonly parameters: Readonly<Record<string, number>>;
}

export async function prepareProgram(
  redis: Redis,
  names: Names,
  { instruction, key }: { readonly instruction: Instruction; readonly key: SigningKey },
): Promise<PreparedProgram> {
  const program = instruction.program;
  if (program?.source === undefined && program?.digest === undefined) {
    throw refused(
      'DN521',
      `Instruction ${instruction.id} carries neither a program's source nor its digest.`,
    );
  }
  const compiled = program.source === undefined ? undefined : compile(program.source, instruction, key);
  const bytes = compiled?.bytes ?? (await fetchSigned(redis, names, program.digest ?? '', key));
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
  await redis.set(names.program(digest), Buffer.from(bytes));
  return {
    name: manifest.name,
    digest,
    bytes,
    optimizationScore: compiled?.optimizationScore ?? 0,
    costPerTask,
    manifest,
    parameters,
  };
}

function compile(source: string, instruction: Instruction, key: SigningKey) {
  const fileName = `${instruction.id}.dream`;
  const result = compileSource(source, { fileName });
  if (!result.ok) {
    throw new DreamnetError({
      code: 'DN522',
      kind: 'bad-input',
      message: `The program of ${instruction.id} does not compile.\n${renderDiagnostics(result.diagnostics, { source, fileName })}`,
      hint: 'Mend the source and send a new instruction.',
    });
  }
  return {
    bytes: signProgram(result.program.bytes, key.privateKey),
    optimizationScore: result.program.optimizationScore,
  };
}

async function fetchSigned(redis: Redis, names: Names, digest: string, key: SigningKey): Promise<Uint8Array> {
  const bytes = await redis.getBuffer(names.program(digest));
  if (bytes === null) throw refused('DN523', `Nobody has stored the program ${digest}.`);
  const signature = checkSignature(bytes, [createPublicKey(key.privateKey)]);
  if (!signature.ok)
    throw refused(signature.code, `The stored program ${digest} is not to be trusted: ${signature.reason}.`);
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
      const value = given[name] ?? standard;
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
