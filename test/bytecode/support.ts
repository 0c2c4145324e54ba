/** What the tests of this folder share: fixtures, compiling that must succeed, collecting effects. */
import { readFileSync } from 'node:fs';
import { type CompiledProgram, compileSource } from '../../src/core/bytecode/compile.js';
import { instantiateProgram } from '../../src/core/bytecode/instance.js';
import type { TaskTable } from '../../src/core/bytecode/task-table.js';
import { type VerifiedProgram, verifyProgram } from '../../src/core/bytecode/verify.js';
import { renderDiagnostics } from '../../src/core/language/diagnostics/render-diagnostic.js';
import type { Effect } from '../support/reference-interpreter.js';

export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
}

export const referenceSource = fixture('reference.dream');

export function compiled(source: string): CompiledProgram {
  const result = compileSource(source, { fileName: 'test.dream' });
  if (result.ok) return result.program;
  throw new Error(renderDiagnostics(result.diagnostics, { source, fileName: 'test.dream' }));
}

export function verified(bytes: Uint8Array): VerifiedProgram {
  const verdict = verifyProgram(bytes);
  if (verdict.ok) return verdict.program;
  throw new Error(`${verdict.code}: ${verdict.reason}`);
}

/** A loop body around statements, so that tests show only what they are about. */
export function inLoop(statements: string): string {
  return `FUNC test() { FOR EACH task IN task_queue { ${statements} } }`;
}

export function tableOf(columns: Readonly<Record<string, readonly number[]>>): TaskTable {
  const rows = Object.values(columns)[0]?.length ?? 0;
  const entries = Object.entries(columns).map(([name, values]) => [name, Float64Array.from(values)] as const);
  return { rows, columns: Object.fromEntries(entries) };
}

export function effectsOf(
  source: string,
  table: TaskTable,
  parameters: Record<string, number> = {},
): Effect[] {
  const effects: Effect[] = [];
  const instance = instantiateProgram(verified(compiled(source).bytes));
  instance.run(table, parameters, (action, row, argument) => effects.push({ action, row, argument }));
  return effects;
}
