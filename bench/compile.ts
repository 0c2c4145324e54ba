/**
 * What stands between a source text and its first effects: compiling, verifying, loading, the first run; against wabt
 * assembling the same module from text, and against the engine compiling it unchecked. Each sample is a program that the
 * engine has not seen, because it keeps what it compiled.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import wabt from 'wabt';
import { compileSource } from '../src/core/bytecode/compile.js';
import { digestOf } from '../src/core/bytecode/digest.js';
import { engine } from '../src/core/bytecode/engine.js';
import { instantiateProgram } from '../src/core/bytecode/instance.js';
import { checkSignature, signProgram } from '../src/core/bytecode/signature.js';
import type { TaskTable } from '../src/core/bytecode/task-table.js';
import { type VerifiedProgram, verifyProgram } from '../src/core/bytecode/verify.js';
import { languageLimits } from '../src/core/language/limits.js';
import { type BenchContext, type Claim, interleaved, median, ratioClaim } from './support.js';

const ROUNDS = { counted: 200, warmUp: 50 };
const LARGE_ROUNDS = { counted: 15, warmUp: 3 };
const ROWS = 1_024;
const reference = readFileSync(
  path.join(import.meta.dirname, '..', 'test', 'fixtures', 'reference.dream'),
  'utf8',
);

export async function bench({ note }: BenchContext): Promise<readonly Claim[]> {
  const keys = generateKeyPairSync('ed25519');
  const assembler = await wabt();
  const programs = freshPrograms(keys.privateKey);
  const large = largeSource();
  const slow = slowSource();
  note(`${ROUNDS.counted} rounds of a program compiled, assembled, verified, loaded and run`);
  const ms = await interleaved(
    {
      compile: () => timed(() => compiled(programs.source())),
      assemble: () => {
        const { text } = programs.next(assembler);
        return timed(() => assembler.parseWat('program.wat', text).toBinary({ write_debug_names: true }));
      },
      load: () => {
        const { bytes } = programs.next();
        return timed(() => firstRun(verified(bytes)));
      },
      trusting: () => {
        const { bytes } = programs.next();
        return timed(() => new engine.Instance(new engine.Module(bytes)).exports.run(ROWS));
      },
      wholePath: () => {
        const { bytes } = programs.next();
        return timed(() => {
          digestOf(bytes);
          if (!checkSignature(bytes, [keys.publicKey]).ok) throw new Error('the signature is refused');
          return firstRun(verified(bytes));
        });
      },
    },
    ROUNDS,
  );
  note(`${LARGE_ROUNDS.counted} rounds of a program of 1,000 lines`);
  const largeBytes = compiled(large);
  const largeMs = await interleaved(
    {
      compile: () => timed(() => compiled(large)),
      verify: () => timed(() => verified(largeBytes)),
      compileSlow: () => timed(() => compiled(slow)),
    },
    LARGE_ROUNDS,
  );
  const figure = (name: string, samples: readonly number[]): Claim => ({
    name,
    value: median(samples),
    unit: 'ms',
    samples,
  });
  return [
    { ...figure('verify, load and first run of 1,024 tasks', ms.load), goal: { atMost: 0.5 } },
    { ...figure('compile the reference program, warm', ms.compile), goal: { atMost: 5 } },
    { ...figure('compile a program of 1,000 lines', largeMs.compile), goal: { atMost: 100 } },
    figure('compile 256 KiB that are written to be slow', largeMs.compileSlow),
    {
      name: 'the same per KiB / 1,000 lines per KiB',
      value: (median(largeMs.compileSlow) / median(largeMs.compile)) * (large.length / slow.length),
      unit: '×',
    },
    figure('verify, load and first run with digest and signature', ms.wholePath),
    ratioClaim('verified load / the engine alone, trusting the bytes', ms.load, ms.trusting),
    ratioClaim('compile / wabt assembling the module from its text', ms.compile, ms.assemble),
    figure('the engine alone: compile, instantiate, first run', ms.trusting),
    figure('wabt: text to module', ms.assemble),
    figure('verify the program of 1,000 lines', largeMs.verify),
  ];
}

function timed(work: () => unknown): number {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}

function compiled(source: string): Uint8Array {
  const result = compileSource(source, { fileName: 'bench.dream' });
  if (!result.ok) throw new Error('the program does not compile');
  return result.program.bytes;
}

function verified(bytes: Uint8Array): VerifiedProgram {
  const verdict = verifyProgram(bytes);
  if (!verdict.ok) throw new Error(verdict.reason);
  return verdict.program;
}

const table: TaskTable = {
  rows: ROWS,
  columns: {
    cpu_time: new Float64Array(ROWS).fill(9),
    memory: new Float64Array(ROWS).fill(5e8),
    network: new Float64Array(ROWS).fill(2e8),
  },
};

function firstRun(program: VerifiedProgram): void {
  const { effects } = instantiateProgram(program).runBatches(table, {}, () => undefined);
  if (effects !== 2 * ROWS) throw new Error(`${effects} effects instead of ${2 * ROWS}`);
}

type Assembler = Awaited<ReturnType<typeof wabt>>;
type PrivateKey = KeyObject;

/** The reference program, each time with another threshold. */
function freshPrograms(privateKey: PrivateKey) {
  let made = 0;
  const source = (): string => {
    made += 1;
    return reference.replace('5s THEN', `5.${String(made).padStart(6, '0')}s THEN`);
  };
  return {
    source,
    next(assembler?: Assembler): { bytes: Uint8Array; text: string } {
      const bytes = signProgram(compiled(source()), privateKey);
      const module = assembler?.readWasm(bytes, { readDebugNames: true });
      const text = module?.toText({ foldExprs: false, inlineExport: false }) ?? '';
      module?.destroy();
      return { bytes, text };
    },
  };
}

/** Many values at once, and deep chains of ELSE that each know all of them: as large as a source may be. */
function slowSource(): string {
  const most = languageLimits.sourceBytesMax - 300;
  let source = 'FUNC slow() {\nFOR EACH t IN task_queue {\n';
  let next = 2;
  const numbers = (count: number) => Array.from({ length: count }, () => next++);
  while (source.length < most / 2) {
    const sum = numbers(60).map((number) => `t.memory * ${number}`);
    source += `IF ${sum.join(' + ')} > 1B THEN ROUTE_TO_CHEAPER_REGION(t)\n`;
  }
  for (;;) {
    const chain = numbers(60).map(
      (number) => `IF t.errors > ${number} THEN ROUTE_TO_CHEAPER_REGION(t) ELSE `,
    );
    const more = `${chain.join('')}ROUTE_TO_NEARER_REGION(t)\n`;
    if (source.length + more.length > most) return `${source}}\n}\n`;
    source += more;
  }
}

/** Every line an IF of its own; each condition another one. */
function largeSource(): string {
  const lines = Array.from(
    { length: 997 },
    (_, index) =>
      `    IF task.cpu_time > ${index + 1}ms AND task.errors < ${index % 7} THEN REDUCE_CPU_THROTTLE(task, ${1 + (index % 50)}%)`,
  );
  return `FUNC large() {\n  FOR EACH task IN task_queue {\n${lines.join('\n')}\n  }\n}\n`;
}
