import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '..', '..');
const COMMAND = `import { Command } from '@oclif/core';
export default class Hello extends Command {
  async run(): Promise<void> {
    this.log('hello');
  }
}
`;

let checkout: string;

beforeEach(() => {
  checkout = mkdtempSync(path.join(tmpdir(), 'dreamnet-checkout-'));
  for (const file of [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts',
  ]) {
    cpSync(path.join(ROOT, file), path.join(checkout, file), { recursive: true });
  }
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(checkout, 'node_modules'));
  write('src/commands/hello.ts', COMMAND);
  write('src/core/nerve/scripts/take-lease.lua', 'return 1\n');
});

afterEach(() => rmSync(checkout, { recursive: true, force: true }));

describe('setting up a checkout', () => {
  it('builds what is missing, and the second time does nothing, quickly', async () => {
    const first = await setUp();
    expect(first).toMatchObject({ code: 0, stdout: '' });
    expect(first.stderr).toMatch(/^set-up: building\nset-up: built in [\d.]+ s\nset-up: ready\n$/);
    expect(Object.keys(manifest().commands)).toEqual(['hello']);
    expect(read('dist/core/nerve/scripts/take-lease.lua')).toBe('return 1\n');

    const second = await setUp();
    expect(second).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(second.tookMs).toBeLessThan(1_000);
  });

  it('follows changed, new and removed sources', async () => {
    await setUp();
    rmSync(path.join(checkout, 'src/commands/hello.ts'));
    write('src/commands/fleet/list.ts', COMMAND);
    expect((await setUp()).code).toBe(0);
    expect(Object.keys(manifest().commands)).toEqual(['fleet:list']);
    expect(existsSync(path.join(checkout, 'dist/commands/hello.js'))).toBe(false);
  });

  it('fails with what the compiler says, and tries again next time', async () => {
    write('src/commands/hello.ts', 'export const count: number = "two";\n');
    for (const _ of [1, 2]) {
      const ended = await setUp('--quiet');
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(/^set-up: the build failed:\n.*hello\.ts\(1,14\): error TS2322/);
    }
    write('src/commands/hello.ts', COMMAND);
    expect(await setUp('--quiet')).toMatchObject({ code: 0, stderr: '' });
  });

  it('may be started several times at once', async () => {
    const ended = await Promise.all([setUp(), setUp(), setUp()]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(ended.filter(({ stderr }) => stderr.includes('building'))).toHaveLength(1);
    expect(Object.keys(manifest().commands)).toEqual(['hello']);
  });
});

function setUp(
  ...flags: string[]
): Promise<{ code: number | null; stdout: string; stderr: string; tookMs: number }> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const child = spawn(process.execPath, ['scripts/setup.mjs', ...flags], { cwd: checkout });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr, tookMs: performance.now() - startedMs }));
  });
}

function manifest(): { commands: Record<string, unknown> } {
  return JSON.parse(read('oclif.manifest.json'));
}

function read(file: string): string {
  return readFileSync(path.join(checkout, file), 'utf8');
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(checkout, file)), { recursive: true });
  writeFileSync(path.join(checkout, file), text);
}
