/**
 * What a start costs: `dreamnet --version` against an empty oclif application of the same @oclif/core, and that
 * against a bare `node -e 0`. The three take turns, each in a process of its own.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BenchContext, type Claim, interleaved, median, ratioClaim } from './support.js';

const ROOT = path.join(import.meta.dirname, '..');
const ROUNDS = { counted: 40, warmUp: 3 };

export async function bench({ note }: BenchContext): Promise<readonly Claim[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'dreamnet-startup-'));
  try {
    const empty = writeEmptyApplication(directory);
    const dreamnet = path.join(ROOT, 'bin', 'run.js');
    note(`${ROUNDS.counted} rounds of four starts`);
    const ms = await interleaved(
      {
        bare: () => timeStart(['-e', '0']),
        empty: () => timeStart([empty, '--version']),
        dreamnet: () => timeStart([dreamnet, '--version']),
        dreamnetWithoutCache: () => timeStart([dreamnet, '--version'], { NODE_DISABLE_COMPILE_CACHE: '1' }),
      },
      ROUNDS,
    );
    return [
      ratioClaim('dreamnet --version / empty oclif application', ms.dreamnet, ms.empty, { atMost: 1.2 }),
      ratioClaim('the same without a compile cache', ms.dreamnetWithoutCache, ms.empty),
      ratioClaim('empty oclif application / node -e 0', ms.empty, ms.bare),
      { name: 'dreamnet --version', value: median(ms.dreamnet), unit: 'ms', samples: ms.dreamnet },
      { name: 'node -e 0', value: median(ms.bare), unit: 'ms', samples: ms.bare },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function timeStart(args: readonly string[], environment: Readonly<Record<string, string>> = {}): number {
  const startedMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const tookMs = performance.now() - startedMs;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr.toString()}`);
  return tookMs;
}

/** What `oclif generate` makes, less its plugins: one command, a manifest, the usual bin/run.js. */
function writeEmptyApplication(directory: string): string {
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), text);
  };
  const oclif = { bin: 'empty', dirname: 'empty', commands: './dist/commands', topicSeparator: ' ' };
  const hello = { id: 'hello', aliases: [], args: {}, flags: {}, pluginName: 'empty', strict: true };
  write('package.json', JSON.stringify({ name: 'empty', version: '0.0.0', type: 'module', oclif }));
  write('oclif.manifest.json', JSON.stringify({ version: '0.0.0', commands: { hello } }));
  write(
    'dist/commands/hello.js',
    "import { Command } from '@oclif/core';\nexport default class Hello extends Command { async run() {} }\n",
  );
  write(
    'bin/run.js',
    "#!/usr/bin/env node\nimport { execute } from '@oclif/core';\nawait execute({ dir: import.meta.url });\n",
  );
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules'));
  return path.join(directory, 'bin', 'run.js');
}
