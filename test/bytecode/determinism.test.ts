import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const programs = [...sources('playbooks'), ...sources('test/fixtures')];

interface Surroundings {
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly engineFlags: readonly string[];
  readonly programs: readonly string[];
}

interface Digests {
  readonly locale: string;
  readonly timeZone: string;
  readonly folder: string;
  readonly files: Readonly<Record<string, string>>;
  readonly generated: readonly string[];
  /** Of what is said about a source with every mistake, and in small letters. */
  readonly mistaken: string;
}

describe('the same source', () => {
  let here: Digests;
  beforeAll(() => {
    here = digestsIn({ environment: { LC_ALL: 'C', TZ: 'UTC' }, folder: root, engineFlags: [], programs });
  });

  it('gives the bytes that are recorded', async () => {
    const lines = Object.entries(here.files).map(([name, digest]) => `${name} ${digest}\n`);
    expect(lines.length).toBeGreaterThan(6);
    await expect(lines.sort().join('')).toMatchFileSnapshot('../fixtures/digests.txt');
  });

  it('gives them in another language, time zone and folder, in another order, and when the engine does not optimise', () => {
    const there = digestsIn({
      environment: { LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8', TZ: 'Pacific/Kiritimati' },
      folder: tmpdir(),
      engineFlags: ['--no-opt', '--no-sparkplug'],
      programs: programs.toReversed(),
    });
    expect([there.locale, there.timeZone]).toEqual(['tr-TR', 'Pacific/Kiritimati']);
    expect(there.folder).not.toBe(here.folder);
    expect([here.locale, here.timeZone]).not.toEqual([there.locale, there.timeZone]);
    expect(there.mistaken).toBe(here.mistaken);
    expect(there.files).toEqual(here.files);
    expect(there.generated).toEqual(here.generated);
    expect(new Set(there.generated).size).toBe(there.generated.length);
  });
});

describe('the language and its bytecode', () => {
  it('use nothing that differs from machine to machine', () => {
    const used = ['src/core/language', 'src/core/bytecode'].flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .flatMap((name) => foundIn(path.join(folder, name))),
    );
    // Doses are for predictions, and the locale of the segmenter is named: neither reaches a program file.
    expect(used.sort()).toEqual([
      'src/core/language/capabilities.ts Math.log1p',
      'src/core/language/diagnostics/display-width.ts Intl.Segmenter',
    ]);
  });
});

/** What ECMAScript leaves to the engine, the locale, the clock or the process. */
const different =
  /\b(?:localeCompare|toLocale\w*|Intl\.\w+|Date\b|performance\b|process\b|Math\.(?:a?(?:sin|cos|tan)h?|atan2|cbrt|exp|expm1|hypot|log(?:10|1p|2)?|pow|random|sqrt)\b|\w+ \*\* \w+)/g;

function foundIn(file: string): string[] {
  const code = readFileSync(path.join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  return [...new Set([...code.matchAll(different)].map(([found]) => `${file} ${found}`))];
}

function digestsIn({ environment, folder, engineFlags, programs: files }: Surroundings): Digests {
  const loader = import.meta.resolve('tsx');
  const script = fileURLToPath(new URL('../support/compile-digests.ts', import.meta.url));
  const { PATH = '' } = process.env;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...engineFlags, '--import', loader, script, ...files],
    { cwd: folder, env: { PATH, ...environment }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Digests;
}

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.dream') && name !== 'mistakes.dream')
    .map((name) => path.join(root, folder, name));
}
