/** The C of evaluate.c, built when a compiler is there; a file of columns in, ns per task out. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

export interface CTimings {
  readonly withBranches: number;
  readonly withoutBranches: number;
  /** Found by either way. */
  readonly effects: readonly [number, number];
}

/** The command that runs it; undefined without a C compiler. Throws when the compiler refuses the program. */
export function buildC(directory: string): string | undefined {
  const compiler = ['cc', 'gcc', 'clang'].find((name) => spawnSync(name, ['--version']).status === 0);
  if (compiler === undefined) return undefined;
  const output = path.join(directory, 'evaluate');
  const source = path.join(import.meta.dirname, 'evaluate.c');
  const { status, stderr } = spawnSync(compiler, ['-O3', '-o', output, source]);
  if (status !== 0) throw new Error(`${compiler} refuses evaluate.c: ${stderr}`);
  return output;
}

export function runC(program: string, columns: string, tasks: number): CTimings {
  const { status, stdout, stderr } = spawnSync(program, [columns, String(tasks)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the C program ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as CTimings;
}
