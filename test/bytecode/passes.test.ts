import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { disassemble } from '../../src/core/bytecode/disassemble.js';
import { instructionPasses, passes } from '../../src/core/bytecode/passes/run-passes.js';
import { compiled, effectsOf, inLoop, tableOf, verified } from './support.js';

/** How often each instruction stands in the program. */
function counts(source: string): Record<string, number> {
  const listing = disassemble(compiled(source).bytes);
  if (!listing.ok) throw new Error(listing.reason);
  const found: Record<string, number> = {};
  for (const { mnemonic } of listing.lines) found[mnemonic] = (found[mnemonic] ?? 0) + 1;
  return found;
}

describe('every pass', () => {
  const all = [...passes, ...instructionPasses];

  it('is a file of its name, and every file that gives a pass is in the list', () => {
    const folder = new URL('../../src/core/bytecode/passes/', import.meta.url);
    const helpers = ['expression-cost', 'inline-slots', 'map-expressions', 'run-passes', 'value-numbers'];
    const files = readdirSync(folder).map((file) => file.replace('.ts', ''));
    expect([...all.map(({ name }) => name), ...helpers].sort()).toEqual(files.sort());
  });

  it('is described in the documentation, in order', () => {
    const page = readFileSync(new URL('../../docs/bytecode.md', import.meta.url), 'utf8');
    const rows = all.map(({ name, does, needs }) => `| \`${name}\` | ${does} | ${needs} |`);
    expect(page).toContain(rows.join('\n'));
  });
});

describe('the optimisation score', () => {
  const four = 'ROUTE_TO_CHEAPER_REGION(task) '.repeat(4);

  it('is 1 where a branch calculates what is calculated behind it again: not every task went through it', () => {
    const source = `IF task.errors > 3 THEN { IF task.memory / 3 > 1GB THEN { ${four} } }
      IF task.memory / 3 > 2GB THEN ROUTE_TO_NEARER_REGION(task)`;
    expect(compiled(inLoop(source)).optimizationScore).toBe(1);
  });
});

describe('removing dead code', () => {
  it('leaves out a chain of LETs that only its own links read, and keeps one that an effect needs', () => {
    const chain = (end: string) => {
      const lets = Array.from({ length: 400 }, (_, at) => `LET n${at + 1} = n${at} * 2`);
      return inLoop(
        `LET n0 = task.errors ${lets.join(' ')} IF ${end} > 3 THEN ROUTE_TO_CHEAPER_REGION(task)`,
      );
    };
    expect(counts(chain('task.memory / 1GB'))['f64.mul']).toBeUndefined();
    expect(counts(chain('n200'))['f64.mul']).toBe(200);
  });
});

describe('hoisting', () => {
  it('calculates once a run what no task changes', () => {
    const source = (limit: string) => `FUNC f(a = 1GB IN 1MB..9GB) {
      FOR EACH task IN task_queue { IF task.memory > ${limit} THEN ROUTE_TO_CHEAPER_REGION(task) }
    }`;
    const hoisted = compiled(source('MAX(a * 2, 500MB)'));
    expect(hoisted.costPerTask).toEqual(compiled(source('a')).costPerTask);
    const table = tableOf({ memory: [3e9, 1e9] });
    expect(effectsOf(source('MAX(a * 2, 500MB)'), table)).toEqual([{ action: 3, row: 0, argument: 1 }]);
    expect(effectsOf(source('MAX(a * 2, 500MB)'), table, { a: 1e6 })).toHaveLength(2);
  });

  it('uses what a LET outside the loops names already', () => {
    const source = `FUNC f(a = 1GB IN 1MB..9GB) {
      LET twice = a * 2
      FOR EACH task IN task_queue { IF task.memory > a * 2 THEN RELEASE_IDLE_MEMORY(task, 10%) IF task.memory > twice THEN ROUTE_TO_CHEAPER_REGION(task) }
    }`;
    expect(counts(source)['f64.mul']).toBe(1);
  });
});

describe('effects without branches', () => {
  it('are written for short IFs, nested ones too', () => {
    const nested = `IF task.memory > 1GB THEN {
      ROUTE_TO_CHEAPER_REGION(task)
      IF task.errors > 3 THEN REDUCE_CPU_THROTTLE(task, 10%)
    }`;
    expect(counts(inLoop(nested)).if).toBeUndefined();
    const table = tableOf({ memory: [2e9, 2e9, 0, 0], errors: [9, 0, 9, 0] });
    expect(effectsOf(inLoop(nested), table)).toEqual([
      { action: 3, row: 0, argument: 1 },
      { action: 1, row: 0, argument: 0.1 },
      { action: 3, row: 1, argument: 1 },
    ]);
  });

  it('are written for WHERE before a single effect', () => {
    const source = 'FUNC f() { FOR EACH t IN task_queue WHERE t.priority < 2 { RAISE_CONCURRENCY(t, 10%) } }';
    expect(counts(source).if).toBeUndefined();
    expect(effectsOf(source, tableOf({ priority: [3, 1] }))).toEqual([{ action: 8, row: 1, argument: 0.1 }]);
  });

  it('are not written where a branch is cheaper, or where only one side counts', () => {
    const four = inLoop(`IF task.errors > 3 THEN { ${'ROUTE_TO_CHEAPER_REGION(task) '.repeat(4)} }`);
    expect(counts(four).if).toBe(1);
    const either = 'IF task.errors > 3 THEN ROUTE_TO_CHEAPER_REGION(task) ELSE ROUTE_TO_NEARER_REGION(task)';
    expect(counts(inLoop(either))).toMatchObject({ if: 1, else: 1 });
    expect(verified(compiled(inLoop(either)).bytes).effectsPerTaskMax).toBe(1);
  });
});

describe('sharing', () => {
  it('loads a field once per task, in WHERE, LET and nested branches', () => {
    const source = `FUNC f() {
      FOR EACH task IN task_queue WHERE task.memory > 1MB {
        LET memory = task.memory
        IF memory > 1GB THEN { ${'REDUCE_MEMORY_CACHE(task, MIN(task.memory / 9GB, 90%)) '.repeat(4)} }
        ELSE IF task.memory > 2MB THEN ROUTE_TO_CHEAPER_REGION(task)
      }
    }`;
    expect(counts(source)['f64.load']).toBe(1);
  });

  it('calculates a common part once, and calls it the same behind a LET', () => {
    const source = inLoop(`
      LET per_run = task.cpu_time / task.throughput
      IF task.cpu_time / task.throughput > 1s THEN REDUCE_CPU_THROTTLE(task, 10%)
      IF per_run > 2s AND task.errors < 3 THEN ROUTE_TO_CHEAPER_REGION(task)`);
    expect(counts(source)).toMatchObject({ 'f64.div': 1, 'f64.load': 3 });
    const table = tableOf({ cpu_time: [6, 3, 1], throughput: [2, 2, 2], errors: [0, 0, 0] });
    expect(effectsOf(source, table).map(({ action, row }) => [action, row])).toEqual([
      [1, 0],
      [3, 0],
      [1, 1],
    ]);
  });

  it('does not keep what is needed once', () => {
    const found = counts(inLoop('IF task.memory / 2 > 1GB THEN ROUTE_TO_CHEAPER_REGION(task)'));
    expect(found['local.tee']).toBe(1);
    expect(found['local.set']).toBe(3);
  });

  it('tells apart zeros of different sign', () => {
    const source = inLoop(`
      IF task.cpu_time / (0s * 1) > 0 THEN ROUTE_TO_CHEAPER_REGION(task)
      IF task.cpu_time / -(0s * 1) > 0 THEN ROUTE_TO_NEARER_REGION(task)`);
    expect(effectsOf(source, tableOf({ cpu_time: [1] }))).toEqual([{ action: 3, row: 0, argument: 1 }]);
  });

  it('needs no more locals than a file may have, however much there is to share', () => {
    const fields = ['task.cpu_time', 'task.latency', 'task.age', 'task.errors', 'task.throughput'];
    const lines = (operator: string) =>
      Array.from({ length: 500 }, (_, index) => {
        const parts = fields.map((field) => `${field} * ${index + 2} ${operator} ${field} / ${index + 2}`);
        return `IF ${parts.join(' AND ')} THEN ROUTE_TO_CHEAPER_REGION(task)`;
      });
    const source = inLoop([...lines('>'), ...lines('<=')].join('\n'));
    expect(verified(compiled(source).bytes).effectsPerTaskMax).toBe(1_000);
  });
});
