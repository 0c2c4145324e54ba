/** `inject FILE` in: a source or a signed program.bc with the values that were set for it; its instruction out. */
import { compileSource } from '../core/bytecode/compile.js';
import { verifyProgram } from '../core/bytecode/verify.js';
import { DreamnetError } from '../core/errors.js';
import { selectAgents } from '../core/fleet/registry.js';
import { type OwnProgram, ownInstruction } from '../core/injector/own-instruction.js';
import { limits } from '../core/limits.js';
import type { LoopContext } from '../core/loop-context.js';
import type { Instruction } from '../core/nerve/messages/instruction.js';
import { isProgramFile } from './compiled-program.js';
import { readInput } from './input-file.js';
import type { OfferedCapabilities } from './offered-capabilities.js';
import { notCompiled } from './program-file.js';
import { setParameters } from './set-parameters.js';

/** Ids have no slash, and nobody ends one like a file. */
export function isProgramPath(typed: string): boolean {
  return typed === '-' || typed.includes('/') || /\.(dream|bc)$/i.test(typed);
}

/**
 * A source is compiled for what `capabilitiesFor` gives, which is asked for a source only. Throws what is wrong with the file:
 * DN526 with every diagnostic of a source, or the verifier's verdict.
 */
export async function readOwnProgram(
  path: string,
  settings: readonly string[],
  capabilitiesFor: () => Promise<OfferedCapabilities>,
): Promise<OwnProgram> {
  const { name, bytes } = readInput(path);
  if (isProgramFile(path, bytes)) return { ...named(bytes, settings, name), bytes };
  const source = Buffer.from(bytes).toString('utf8');
  const { capabilities, isDefault } = await capabilitiesFor();
  const result = compileSource(source, { fileName: name, capabilities });
  if (!result.ok)
    throw notCompiled({ name, source, diagnostics: result.diagnostics }, { code: 'DN526', what: 'injected' });
  const own = { ...named(result.program.bytes, settings, name), source };
  return isDefault ? own : { ...own, capabilities };
}

export async function ownRequest(
  { redis, names, key, clock, random }: LoopContext,
  { program, windowMs = limits.windowMs }: { program: OwnProgram; windowMs?: number | undefined },
): Promise<Instruction> {
  const agents = await selectAgents(redis, names, { selector: '', nowMs: clock() });
  return ownInstruction({ program, agents: agents.length, windowMs, key, nowMs: clock(), random });
}

function named(bytes: Uint8Array, settings: readonly string[], file: string) {
  const verdict = verifyProgram(bytes);
  if (!verdict.ok)
    throw new DreamnetError({
      code: 'DN526',
      kind: 'bad-input',
      message: `${file} cannot be injected: agents would refuse it: ${verdict.code} ${verdict.reason}.`,
      hint: 'Give a program.bc, or a source file that `dreamnet check` accepts.',
    });
  const { manifest } = verdict.program;
  const [parameters = {}] = setParameters(settings, [manifest]);
  return { name: manifest.name, parameters };
}
