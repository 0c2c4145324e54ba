/** The package as users get it: packed, put into an empty project, imported, and asked by the compiler. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../cli/run-command.js';

const run = promisify(execFile);

const start = `import { createAgent } from 'dreamnet/agent';
interface Queue { readonly name: string; concurrency: number; count(): Promise<number> }
declare const queues: readonly Queue[];
`;

/** A service that compiles; a snippet replaces a part of it. */
const parts = {
  fields: `{ waiting: 'count', age: { unit: 'duration', about: 'of the oldest' }, format: { unit: 'name', names: ['h264', 'av1'] } }`,
  tasks: `() => queues.map((queue) => ({ id: queue.name, queue, waiting: 1, age: 2, format: 'av1' as const }))`,
  effects: `{ waiting: { perUnit: -0.5, uncertainty: 0.3 } }`,
  set: `apply({ queue }, value, { signal, instruction }) {
    const [a, b, c]: [number, AbortSignal, string] = [value, signal, instruction];
    const former = queue.concurrency;
    queue.concurrency = value;
    return former;
  },
  revert({ queue }, former: number) { queue.concurrency = former; }`,
  pause: `async apply(task, { signal }) { await task.queue.count(); signal.throwIfAborted(); if (task.format === 'av1') return { refused: 'no' }; },
  revert: null`,
  more: '',
};

function service(change: Partial<typeof parts> = {}): string {
  const { fields, tasks, effects, set, pause, more } = { ...parts, ...change };
  return `${start}
const agent = await createAgent({
id: 'worker-1',
fields: ${fields},
tasks: ${tasks},
capabilities: {
SET: { code: 1, unit: 'count', min: 1, max: 64, risk: 0.2, effects: ${effects}, ${set} },
PAUSE: { code: 2, risk: 0.2, ${pause} },
},
${more}
});
export const ended: Promise<void> = agent.stop();
`;
}

/**
 * What it is called → its text, and what the compiler must say about it first: `TS2339 part of the message`. Where tasks are
 * wrong, what is done with them is questioned, too.
 */
const cases: Readonly<Record<string, { text: string; error: string | undefined }>> = {
  'a service as it should be': { text: service(), error: undefined },
  'tasks that are asynchronous, and take the signal': {
    text: service({
      tasks: `async ({ signal }) => { signal.throwIfAborted(); return Promise.all(queues.map(async (queue) => ({ id: queue.name, queue, waiting: await queue.count(), age: 2, format: 'av1' as const }))); }`,
    }),
    error: undefined,
  },
  'tasks as columns': {
    text: service({
      tasks: `() => ({ ids: ['a', 2], columns: { waiting: [1, 2], age: new Float64Array(2), format: [0, 1] } })`,
      set: 'apply(task, value) { return task.waiting + task.age + value + task.format.length; }, revert: null',
      pause: 'apply(task) { return task.id; }, revert: null',
    }),
    error: undefined,
  },
  'a misspelt field': {
    text: service({
      tasks: `() => queues.map((queue) => ({ id: queue.name, queue, wating: 1, age: 2, format: 'av1' as const }))`,
    }),
    error: `TS2322 Property 'waiting' is missing in type`,
  },
  'a missing column': {
    text: service({ tasks: `() => ({ ids: ['a'], columns: { waiting: [1], format: [0] } })` }),
    error: `TS2741 Property 'age' is missing in type`,
  },
  'a text for a number': {
    text: service({
      tasks: `() => queues.map((queue) => ({ id: queue.name, queue, waiting: '1', age: 2, format: 'av1' as const }))`,
    }),
    error: `TS2322 Type 'string' is not assignable to type 'number'`,
  },
  'a name that the field does not have': {
    text: service({
      tasks: `() => queues.map((queue) => ({ id: queue.name, queue, waiting: 1, age: 2, format: 'vp9' as const }))`,
    }),
    error: `TS2322 Type '"vp9"' is not assignable to type '`,
  },
  'a task without an id': {
    text: service({
      tasks: `() => queues.map((queue) => ({ queue, waiting: 1, age: 2, format: 'av1' as const }))`,
    }),
    error: `TS2322 Property 'id' is missing in type`,
  },
  'a unit that there is not': {
    text: service({ fields: `{ waiting: 'counts', age: 'duration', format: 'count' }` }),
    error: `TS2820 Did you mean '"count"'?`,
  },
  'an argument that is taken for a text': {
    text: service({ set: 'apply(task, value) { const text: string = value; return text; }, revert: null' }),
    error: `TS2322 Type 'number' is not assignable to type 'string'`,
  },
  'an argument of an action that has none': {
    text: service({ pause: 'apply(task, value: number) { return value; }, revert: null' }),
    error: `TS2322 Type 'EffectContext' is not assignable to type 'number'`,
  },
  'a field of a task that there is not': {
    text: service({ pause: 'apply(task) { return task.wating; }, revert: null' }),
    error: `TS2551 Property 'wating' does not exist on type`,
  },
  'an effect on a field that there is not': {
    text: service({ effects: '{ wating: { perUnit: 1, uncertainty: 1 } }' }),
    error: `TS2561 'wating' does not exist in type`,
  },
  'an action that cannot be undone, and does not say so': {
    text: service({ pause: 'apply(task) { return task.id; }' }),
    error: `TS2322 Property 'revert' is missing in type`,
  },
  'an option that is misspelt': {
    text: service({ more: `lables: { zone: 'east' },` }),
    error: `TS2561 Did you mean to write 'labels'?`,
  },
};

let project: string;
beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'dn-'));
  await putPackageInto(project);
}, 120_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('the package', () => {
  test('gives `dreamnet/agent` to modules and to `require`, and nothing of its inside', async () => {
    const write = 'console.log(Object.keys(agent).sort().join())';
    writeFileSync(join(project, 'a.mjs'), `import * as agent from 'dreamnet/agent'; ${write}`);
    writeFileSync(join(project, 'b.cjs'), `const agent = require('dreamnet/agent'); ${write}`);
    writeFileSync(join(project, 'c.mjs'), `import 'dreamnet/dist/core/errors.js';`);
    const all = 'DreamnetError,createAgent,describeOffer,openConnection\n';
    expect((await inProject('a.mjs')).stdout).toBe(all);
    expect((await inProject('b.cjs')).stdout).toBe(all);
    expect((await inProject('c.mjs')).stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  for (const resolution of ['node16', 'nodenext', 'bundler'] as const) {
    test(`has types that compile without skipLibCheck under ${resolution}`, async () => {
      writeFileSync(join(project, 'good.mts'), service());
      const module = resolution === 'bundler' ? 'esnext' : resolution;
      const { stdout } = await compile(['--module', module, '--moduleResolution', resolution, 'good.mts']);
      expect(stdout).toBe('');
    });
  }

  test('lets an editor know what does not fit before anything runs', async () => {
    const names = Object.keys(cases);
    const files = names.map((name, at) => {
      writeFileSync(join(project, `case-${at}.mts`), cases[name]?.text ?? '');
      return `case-${at}.mts`;
    });
    const { stdout } = await compile(['--module', 'nodenext', ...files]);
    const found = byFile(stdout);
    for (const [at, name] of names.entries()) {
      const error = cases[name]?.error;
      const said = found.get(`case-${at}.mts`) ?? [];
      if (error === undefined) expect(said, name).toEqual([]);
      const [code, ...words] = error?.split(' ') ?? [];
      if (code === undefined) continue;
      expect(said[0], name).toContain(`error ${code}:`);
      expect(said[0], name).toContain(words.join(' '));
    }
  });
});

/** As `npm install` would leave it; what the package depends on is that of this checkout. */
async function putPackageInto(directory: string): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', directory], { cwd: ROOT });
  const modules = join(directory, 'node_modules');
  mkdirSync(join(modules, 'dreamnet'), { recursive: true });
  const archive = join(directory, stdout.trim().split('\n').at(-1) ?? '');
  await run('tar', ['-xzf', archive, '--strip-components=1', '-C', join(modules, 'dreamnet')]);
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  writeFileSync(join(directory, 'package.json'), '{ "name": "empty", "private": true }');
}

function inProject(file: string): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, [file], { cwd: project }).catch((thrown) => thrown);
}

/** The project's own settings are as strict as they can be. */
function compile(words: readonly string[]): Promise<{ stdout: string }> {
  const strict = '--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --target es2024';
  const others = '--lib es2024,esnext.disposable --types node --pretty false --ignoreConfig';
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const all = [tsc, ...`${strict} ${others}`.split(' '), ...words];
  return run(process.execPath, all, { cwd: project }).catch((thrown) => thrown);
}

/** Of each file, its errors with all that belongs to them. */
function byFile(output: string): ReadonlyMap<string, readonly string[]> {
  const errors = new Map<string, string[]>();
  for (const text of output.split(/\n(?=\S)/).filter((line) => line.trim() !== '')) {
    const file = basename(text.split('(')[0] ?? '');
    errors.set(file, [...(errors.get(file) ?? []), text]);
  }
  return errors;
}
