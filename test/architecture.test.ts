/**
 * Holds the arrows between the folders of src, as docs/architecture.md draws them: who may import whom, who may
 * print, who may export by default. The first tests show that a broken arrow is found.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = path.join(import.meta.dirname, '..', 'src');
const TEST = import.meta.dirname;

/** Files directly in core with arrows of their own. Any other is base: used everywhere, importing nothing but base. */
const CORE_FILES: Readonly<Record<string, string>> = {
  'order-signature.ts': 'order-signature',
  'instruction-signature.ts': 'signatures',
  'rollout-seal.ts': 'signatures',
  'signed-fields.ts': 'signatures',
  'pipeline.ts': 'pipeline',
  'pipeline-events.ts': 'loop',
  'loop-context.ts': 'loop',
  'loop-document.ts': 'loop',
  'loop-refusals.ts': 'loop',
  'report-phase.ts': 'loop',
  'local-services.ts': 'local-services',
};

/** Layer → layers it may import; `type:` allows types only. Every layer may import itself. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  language: [],
  bytecode: ['language'],
  keys: ['base', 'bytecode'],
  nerve: ['base', 'type:bytecode', 'type:language'],
  'order-signature': ['base', 'bytecode', 'nerve'],
  signatures: ['base', 'bytecode', 'type:keys', 'nerve'],
  loop: ['base', 'type:nerve', 'type:bytecode', 'type:keys', 'type:injector'],
  // The client of the Docker engine: what the injector's transport and the agents' workload both need of it.
  docker: ['base'],
  tracer: ['base', 'nerve'],
  // What agents offer to programs, for those who offer it and for those who ask.
  offers: ['base', 'nerve', 'bytecode', 'language'],
  fleet: ['base', 'nerve', 'bytecode', 'keys', 'type:loop', 'local-services'],
  results: ['base', 'nerve', 'tracer', 'bytecode', 'language'],
  rewards: ['base', 'nerve', 'results'],
  // The four roles meet only in messages of the nerve.
  governor: [
    'base',
    'nerve',
    'tracer',
    'bytecode',
    'language',
    'offers',
    'signatures',
    'results',
    'type:fleet',
    'type:loop',
  ],
  injector: [
    'base',
    'nerve',
    'tracer',
    'bytecode',
    'language',
    'offers',
    'order-signature',
    'signatures',
    'fleet',
    'docker',
    'type:keys',
    'type:loop',
  ],
  orchestrator: ['base', 'nerve', 'tracer', 'results', 'type:loop'],
  'local-services': ['base', 'nerve', 'orchestrator'],
  agent: ['base', 'nerve', 'tracer', 'bytecode', 'language', 'offers', 'order-signature', 'keys', 'docker'],
  pipeline: ['core'],
  // Composes as the pipeline does, for what goes on without a person.
  'injector-service': [
    'base',
    'nerve',
    'tracer',
    'fleet',
    'injector',
    'results',
    'signatures',
    'type:keys',
    'loop',
    'pipeline',
  ],
  // What commands print as JSON, services answer and the console keeps.
  documents: ['core'],
  cli: ['core', 'documents'],
  services: ['core', 'documents'],
  tui: ['core', 'documents', 'cli'],
  commands: ['core', 'documents', 'cli', 'tui', 'services'],
};

const OUTSIDE_CORE = new Set(['documents', 'cli', 'services', 'tui', 'commands']);

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

describe('finding broken arrows', () => {
  it('finds a value import, a re-export, a side effect and a dynamic import', () => {
    const source = `
      import { a, // a comment
        b } from '../injector/plan.js';
      export { c } from '../injector/gates.js';
      export * from "../injector/undo.js";
      import '../injector/start.js';
      const d = await import('../injector/late.js');
    `;
    expect(brokenArrows('core/governor/decide.ts', source)).toHaveLength(5);
  });

  it('names both files and both layers', () => {
    const broken = brokenArrows('core/language/lex.ts', "import { DreamnetError } from '../errors.js';");
    expect(broken).toEqual(['core/language/lex.ts (language) may not import core/errors.ts (base)']);
  });

  it('lets the nerve import types of the compiler, but no code', () => {
    expect(brokenArrows('core/nerve/a.ts', "import type { Program } from '../bytecode/compile.js';")).toEqual(
      [],
    );
    expect(brokenArrows('core/nerve/a.ts', "import { type Program } from '../bytecode/compile.js';")).toEqual(
      [],
    );
    expect(brokenArrows('core/nerve/a.ts', "import { compile } from '../bytecode/compile.js';")).toHaveLength(
      1,
    );
  });

  it('keeps the core from the faces, and the roles from each other', () => {
    expect(brokenArrows('core/pipeline.ts', "import { print } from '../cli/format.js';")).toHaveLength(1);
    expect(brokenArrows('core/agent/agent.ts', "import { x } from '../orchestrator/tick.js';")).toHaveLength(
      1,
    );
    expect(brokenArrows('cli/main.ts', "import { x } from '../tui/watch.js';")).toHaveLength(1);
    expect(brokenArrows('services/a.ts', "import { x } from '../cli/format.js';")).toHaveLength(1);
    expect(brokenArrows('core/pipeline.ts', "import { x } from './agent/host.js';")).toEqual([]);
  });

  it('is not misled by comments and strings', () => {
    const source = `// import { a } from '../injector/plan.js';\n/* from '../injector/plan.js' */ const url = 'http://x';`;
    expect(brokenArrows('core/governor/decide.ts', source)).toEqual([]);
  });

  it('wants a layer for every folder', () => {
    expect(() => layerOf('stray/file.ts')).toThrow('stray/file.ts');
    expect(() => layerOf('core/newcomer/file.ts')).toThrow('newcomer');
  });

  it('finds default exports and console calls', () => {
    expect(hasDefaultExport('export default class X {}')).toBe(true);
    expect(hasDefaultExport('const x = 1;\nexport { x as default };')).toBe(true);
    expect(hasDefaultExport("// export default\nexport const text = 'no';")).toBe(false);
    expect(usesConsole('console.log(1)')).toBe(true);
    expect(usesConsole('// console.log(1)')).toBe(false);
  });
});

describe('src', () => {
  const files = sourceFiles();

  it('has files to judge', () => {
    expect(files.length).toBeGreaterThan(20);
  });

  it('keeps its arrows', () => {
    expect(files.flatMap((file) => brokenArrows(file, read(file)))).toEqual([]);
  });

  it('prints only in commands and cli', () => {
    const printing = files.filter((file) => !/^(commands|cli)\//.test(file) && usesConsole(read(file)));
    expect(printing).toEqual([]);
  });

  it('takes the client of Redis from the nerve, where it is the same for one server and a cluster', () => {
    const taking = files.filter(
      (file) => layerOf(file) !== 'nerve' && importsOf(read(file)).some(({ target }) => target === 'ioredis'),
    );
    expect(taking).toEqual([]);
  });

  it('exports by default only where oclif wants it', () => {
    const byDefault = files.filter(
      (file) => !/^commands\/|^cli\/help\.ts$/.test(file) && hasDefaultExport(read(file)),
    );
    expect(byDefault).toEqual([]);
  });
});

describe('test', () => {
  it('names the tests that start a Redis after it', () => {
    const misnamed = testFiles().filter(
      (file) =>
        !/\.(redis|docker|e2e)\.test\.tsx?$|^e2e\/|^injector\/reliability\//.test(file) &&
        reaches(file, 'support/redis.ts'),
    );
    expect(misnamed).toEqual([]);
  });
});

function testFiles(): string[] {
  return readdirSync(TEST, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => /\.test\.tsx?$/.test(file));
}

/** Whether a file below test imports another one there, itself or through others. */
function reaches(file: string, goal: string, seen = new Set<string>()): boolean {
  if (file === goal) return true;
  if (seen.has(file)) return false;
  seen.add(file);
  return importsOf(readFileSync(path.join(TEST, file), 'utf8'))
    .filter(({ target, typeOnly }) => target.startsWith('.') && !typeOnly)
    .map(({ target }) => resolveImport(file, target))
    .filter((target) => existsSync(path.join(TEST, target)))
    .some((target) => !target.startsWith('..') && reaches(target, goal, seen));
}

function brokenArrows(file: string, source: string): string[] {
  const from = layerOf(file);
  return importsOf(source)
    .filter(({ target }) => target.startsWith('.'))
    .map(({ target, typeOnly }) => ({ to: resolveImport(file, target), typeOnly }))
    .filter(({ to, typeOnly }) => !isAllowed({ from, to: layerOf(to), typeOnly }))
    .map(({ to }) => `${file} (${from}) may not import ${to} (${layerOf(to)})`);
}

function isAllowed({ from, to, typeOnly }: { from: string; to: string; typeOnly: boolean }): boolean {
  const allowed = ARROWS[from] ?? [];
  if (from === to || allowed.includes(to) || (typeOnly && allowed.includes(`type:${to}`))) return true;
  return allowed.includes('core') && !OUTSIDE_CORE.has(to);
}

/** `file` is relative to src. JSON and Lua files belong to the folder they are in. */
function layerOf(file: string): string {
  const [face = '', second = '', third] = file.split('/');
  const layer = face !== 'core' ? face : third === undefined ? (CORE_FILES[second] ?? 'base') : second;
  if (layer === undefined || ARROWS[layer] === undefined) {
    throw new Error(`no arrows are drawn for ${file}: add its layer to test/architecture.test.ts`);
  }
  return layer;
}

function resolveImport(file: string, target: string): string {
  const resolved = path.posix.normalize(path.posix.join(path.posix.dirname(file), target));
  return resolved.replace(/\.js$/, '.ts');
}

/** Static and dynamic imports and re-exports. An import whose names are all `type` counts as a type import. */
function importsOf(source: string): Import[] {
  const text = withoutComments(source);
  const statements = text.matchAll(
    /^\s*(?<kind>import|export)\s+(?<type>type\s+)?(?<names>[^'"();]*?)\s*from\s*['"](?<target>[^'"]+)['"]/gm,
  );
  const found: Import[] = [];
  for (const { groups } of statements) {
    const named = /^\{(?<list>[^}]*)\}$/.exec(groups?.names ?? '')?.groups?.list;
    const names = named?.split(',').filter((name) => name.trim() !== '') ?? [];
    const allTypes = names.length > 0 && names.every((name) => /^\s*type\s/.test(name));
    found.push({ target: groups?.target ?? '', typeOnly: groups?.type !== undefined || allTypes });
  }
  for (const [, target = ''] of text.matchAll(/\bimport\s*(?:\(\s*)?['"]([^'"]+)['"]/g)) {
    found.push({ target, typeOnly: false });
  }
  return found;
}

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/(^|[\s;{}(,])\/\/.*$/gm, '$1');
}

function hasDefaultExport(source: string): boolean {
  return /^\s*export\s+default\b|\bas\s+default\b/m.test(withoutComments(source));
}

function usesConsole(source: string): boolean {
  return /\bconsole\s*\./.test(withoutComments(source));
}

function sourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => path.relative(SRC, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}

function read(file: string): string {
  return readFileSync(path.join(SRC, file), 'utf8');
}
