/** The compiler from end to end: source text in, the unsigned program file and what is known of it out. */
import { createHash } from 'node:crypto';
import type { Capabilities } from '../language/capabilities.js';
import { checkSource } from '../language/check-source.js';
import type { CheckedEffect, CheckedProgram, CheckedStatement } from '../language/checked-tree.js';
import type { Diagnostic } from '../language/diagnostics/diagnostics.js';
import { effectsPerTask } from '../language/effects-per-task.js';
import { languageVersion, limitsVersion } from '../language/limits.js';
import { encodeModule } from './encode-module.js';
import { pagesNeeded } from './layout.js';
import { type LoweredProgram, lower } from './lower.js';
import {
  defaultReportIntervalMs,
  encodeManifest,
  type Manifest,
  type ManifestField,
  manifestVersion,
} from './manifest.js';
import { optimizationScore } from './optimization-score.js';
import { runPasses } from './passes/run-passes.js';
import { type CostPerTask, verifyProgram } from './verify.js';
import { visitStatements } from './visit-expressions.js';

export interface CompileOptions {
  /** Only shown in messages; it changes no byte. */
  readonly fileName: string;
  /** What the agents offer; the reference fleet's when absent. */
  readonly capabilities?: Capabilities;
}

export interface CompiledProgram {
  readonly name: string;
  /** The unsigned file; `signProgram` signs it. */
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
  /** Instructions that conditions and effects cannot do without, divided by those emitted; 0 to 1. */
  readonly optimizationScore: number;
  readonly costPerTask: CostPerTask;
}

export type CompileResult =
  | { readonly ok: true; readonly program: CompiledProgram; readonly warnings: Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: Diagnostic[] };

export function compileSource(source: string, options: CompileOptions): CompileResult {
  const checked = checkSource(source, options);
  if (!checked.ok) return checked;
  const program = runPasses(checked.program);
  const lowered = lower(program);
  const effects = effectsOf(program);
  const manifest = manifestOf(program, lowered, effects);
  const bytes = encodeModule({
    ...lowered,
    name: program.name,
    manifest: encodeManifest(manifest),
    memoryPages: pagesNeeded(lowered.layout, effectsPerTask(program.loops)),
  });
  const verdict = verifyProgram(bytes);
  if (!verdict.ok) return { ok: false, diagnostics: [refused(program, verdict)] };
  const { costPerTask } = verdict.program;
  const score = optimizationScore(program, costPerTask);
  const { name } = program;
  return {
    ok: true,
    program: { name, bytes, manifest, optimizationScore: score, costPerTask },
    warnings: checked.warnings,
  };
}

function effectsOf({ loops }: CheckedProgram): CheckedEffect[] {
  const within = (statements: readonly CheckedStatement[]): CheckedEffect[] =>
    statements.flatMap((statement) => {
      if (statement.kind === 'effect') return [statement];
      return statement.kind === 'if' ? within([...statement.whenTrue, ...statement.whenFalse]) : [];
    });
  return loops.flatMap((loop) => within(loop.body));
}

function manifestOf(
  program: CheckedProgram,
  lowered: LoweredProgram,
  effects: readonly CheckedEffect[],
): Manifest {
  const actions = new Map(effects.map(({ action }) => [action.code, action]));
  return {
    name: program.name,
    version: manifestVersion,
    languageVersion,
    limitsVersion,
    parameters: program.parameters.map(({ name, unit, default: initial, min, max }) => ({
      name,
      unit,
      default: initial,
      min,
      max,
    })),
    fields: fieldsOf(program, lowered.columns),
    actions: [...actions.values()].map((action) => ({
      code: action.code,
      name: action.name,
      arguments: action.arguments.map(({ name, unit, min, max }) => ({ name, unit, min, max })),
    })),
    reportIntervalMs: program.reportIntervalMs ?? defaultReportIntervalMs,
    sourceDigest: `sha256:${createHash('sha256').update(program.source, 'utf8').digest('hex')}`,
  };
}

function fieldsOf(program: CheckedProgram, columns: readonly string[]): ManifestField[] {
  const fields = new Map<string, ManifestField>();
  for (const loop of program.loops) {
    visitStatements(loop.body, (expression) => {
      if (expression.kind !== 'field') return;
      const { name, unit } = expression.field;
      fields.set(name, { name, unit });
    });
  }
  return columns.flatMap((name) => fields.get(name) ?? []);
}

/** A checked program compiles; only one that is too large for the file's limits is refused at this point. */
function refused(program: CheckedProgram, verdict: { code: string; reason: string }): Diagnostic {
  if (verdict.code !== 'DN102' && verdict.code !== 'DN111' && verdict.code !== 'DN104') {
    throw new Error(
      `the compiler wrote a program that its verifier refuses: ${verdict.code} ${verdict.reason}`,
    );
  }
  return {
    code: 'DN011',
    severity: 'error',
    message: `${program.name} is too large: ${verdict.reason}`,
    span: { offset: 0, line: 1, column: 1, length: 0 },
    hint: 'split the program in two',
    related: [],
  };
}
