/**
 * The bytes of a program file in, either a program that is safe to run or why not. In the spirit of the eBPF verifier:
 * everything is derived from the bytes, nothing is believed. Ends in time linear in the bytes and never throws.
 */
import { Malformed, malformedAsValue } from './byte-reader.js';
import { type DecodedModule, decodeModule } from './decode-module.js';
import { type Digest, digestOf } from './digest.js';
import { exportSection, functionSection, memorySection, typeSection } from './encode-module.js';
import { engine } from './engine.js';
import { type MemoryLayout, memoryLayout, pagesNeeded } from './layout.js';
import { bytecodeLimits } from './limits.js';
import { type Manifest, parseManifest } from './manifest.js';
import { type Bounds, verifyBody } from './verify-body.js';
import type { VerifyCode } from './verify-codes.js';

/** Instructions per task: no task costs less than `min` or more than `max`. */
export interface CostPerTask {
  readonly min: number;
  readonly max: number;
}

export interface VerifiedProgram {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** Well-formed, but only claimed by the file: check its ranges and actions before acting on it. */
  readonly manifest: Manifest;
  readonly layout: MemoryLayout;
  readonly memoryBytes: number;
  readonly costPerTask: CostPerTask;
  readonly effectsPerTaskMax: number;
}

export type VerifyResult =
  | { readonly ok: true; readonly program: VerifiedProgram }
  | { readonly ok: false; readonly code: VerifyCode; readonly reason: string };

export function verifyProgram(bytes: Uint8Array): VerifyResult {
  return malformedAsValue<VerifyResult>(() => ({ ok: true, program: verified(bytes) }));
}

function verified(bytes: Uint8Array): VerifiedProgram {
  const module = decodeModule(bytes);
  const manifest = parseManifest(contentOf(module, 'manifest'));
  const layout = memoryLayout({ parameters: manifest.parameters.length, columns: manifest.fields.length });
  const bounds = verifyBody(module, {
    layout,
    actionCodes: new Set(manifest.actions.map(({ code }) => code)),
  });
  requireSame(module, 'type', typeSection);
  requireSame(module, 'function', functionSection);
  requireSame(module, 'export', exportSection);
  const pages = verifyMemory(module, layout, bounds);
  if (!engine.validate(bytes))
    throw new Malformed('DN110', 'the WebAssembly engine does not accept the module');
  return {
    bytes,
    digest: digestOf(bytes),
    manifest,
    layout,
    memoryBytes: pages * 65_536,
    costPerTask: bounds.costPerTask,
    effectsPerTaskMax: bounds.effectsPerTaskMax,
  };
}

function contentOf(module: DecodedModule, name: string): Uint8Array {
  const section = module.sections.get(name);
  if (section === undefined) throw new Malformed('DN103', `there is no section ${name}`);
  return section.content;
}

function requireSame(module: DecodedModule, name: string, wanted: Uint8Array): void {
  const found = contentOf(module, name);
  const same = found.length === wanted.length && found.every((byte, index) => byte === wanted[index]);
  if (!same) throw new Malformed('DN103', `section ${name} is not the one that every program has`);
}

/** The pages must be those that the effects derived from the code need, neither more nor fewer. */
function verifyMemory(module: DecodedModule, layout: MemoryLayout, bounds: Bounds): number {
  const pages = pagesNeeded(layout, bounds.effectsPerTaskMax);
  if (pages > bytecodeLimits.memoryPagesMax) {
    throw new Malformed(
      'DN111',
      `${pages} pages of memory are above the limit of ${bytecodeLimits.memoryPagesMax}`,
    );
  }
  const found = contentOf(module, 'memory');
  const wanted = memorySection(pages);
  const same = found.length === wanted.length && found.every((byte, index) => byte === wanted[index]);
  if (!same) throw new Malformed('DN109', `the memory is not the ${pages} pages that the code needs`);
  return pages;
}
