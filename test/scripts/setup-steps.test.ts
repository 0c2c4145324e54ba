import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Plan {
  readonly advice?: string;
  readonly manager?: string;
  readonly typed?: string;
  readonly commands?: readonly (readonly string[])[];
}

interface Machine {
  has(program: string): boolean;
  readonly isRoot: boolean;
  canSudo(): boolean;
}

const { planRedisInstall, findRedisServer } = (await script('setup/redis.mjs')) as {
  planRedisInstall(machine: Machine): Plan;
  findRedisServer(environment: Readonly<Record<string, string>>): string | undefined;
};
const { packagesAreInstalled } = (await script('setup/packages.mjs')) as {
  packagesAreInstalled(root: string): boolean;
};
const { withLock } = (await script('setup/lock.mjs')) as {
  withLock<T>(file: string, say: (text: string) => void, work: () => Promise<T>): Promise<T>;
};
const { countTests } = (await script('test-counts.mjs')) as {
  countTests(report: unknown): { passed: number; failed: number; skipped: number };
};

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'dreamnet-setup-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('installing Redis', () => {
  it('runs the package manager as root', () => {
    const plan = planRedisInstall(machine(['apt-get'], { isRoot: true }));
    expect(plan.manager).toBe('apt-get');
    expect(plan.commands?.map((command) => command.slice(-3).join(' '))).toEqual([
      expect.stringMatching(/update$/),
      'install -y redis-server',
      'install -y valkey-server',
    ]);
    expect(plan.commands?.flat()).not.toContain('sudo');
  });

  it('uses sudo when it asks for no password', () => {
    const plan = planRedisInstall(machine(['dnf', 'sudo'], { canSudo: true }));
    expect(plan.commands?.[0]).toEqual(['sudo', '-n', 'dnf', 'install', '-y', 'redis']);
  });

  it.each([
    ['apt-get', 'sudo apt-get install -y redis-server'],
    ['apk', 'sudo apk add --no-cache redis'],
    ['pacman', 'sudo pacman -Sy --noconfirm valkey'],
    ['zypper', 'sudo zypper --non-interactive install redis'],
    ['yum', 'sudo yum install -y redis'],
  ])('says what to type where it may not use %s', (manager, typed) => {
    const plan = planRedisInstall(machine([manager, 'sudo'], { canSudo: false }));
    expect(plan.advice).toContain(`\n  ${typed}`);
  });

  it('needs no root for brew', () => {
    expect(planRedisInstall(machine(['brew'])).commands).toEqual([['brew', 'install', 'redis']]);
  });

  it('says what is needed on a machine that it does not know', () => {
    expect(planRedisInstall(machine([])).advice).toContain('Install Redis 7 or Valkey 8');
  });

  it('finds valkey where there is no redis, and what DREAMNET_REDIS_SERVER names', () => {
    expect(findRedisServer({ PATH: directory })).toBeUndefined();
    const valkey = path.join(directory, 'valkey-server');
    writeFileSync(valkey, '', { mode: 0o755 });
    expect(findRedisServer({ PATH: directory })).toBe(valkey);
    expect(findRedisServer({ PATH: '', DREAMNET_REDIS_SERVER: '/opt/r' })).toBe('/opt/r');
  });
});

describe('installed packages', () => {
  const locked = {
    '': {},
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/other-platform': { version: '1.0.0', integrity: 'sha512-o', optional: true },
  };

  it('are complete when npm recorded what is locked, but for other platforms', () => {
    write({ locked, installed: { 'node_modules/a': locked['node_modules/a'] } });
    expect(packagesAreInstalled(directory)).toBe(true);
  });

  it('are incomplete after an interrupted npm ci, which leaves no record', () => {
    write({ locked, installed: undefined });
    expect(packagesAreInstalled(directory)).toBe(false);
  });

  it.each([
    ['another version', { version: '1.0.1', integrity: 'sha512-a' }],
    ['other bytes', { version: '1.0.0', integrity: 'sha512-b' }],
    ['nothing', undefined],
  ])('are out of date with %s installed', (_, found) => {
    write({ locked, installed: found === undefined ? {} : { 'node_modules/a': found } });
    expect(packagesAreInstalled(directory)).toBe(false);
  });

  it('are incomplete without the pinned Node', () => {
    write({ locked, installed: { 'node_modules/a': locked['node_modules/a'] } });
    rmSync(path.join(directory, 'node_modules', 'node'), { recursive: true });
    expect(packagesAreInstalled(directory)).toBe(false);
  });

  function write({ locked: packages, installed }: { locked: object; installed: object | undefined }): void {
    mkdirSync(path.join(directory, 'node_modules', 'node', 'bin'), { recursive: true });
    writeFileSync(path.join(directory, 'node_modules', 'node', 'bin', 'node'), '');
    writeFileSync(path.join(directory, 'package-lock.json'), JSON.stringify({ packages }));
    if (installed === undefined) return;
    const record = path.join(directory, 'node_modules', '.package-lock.json');
    writeFileSync(record, JSON.stringify({ packages: installed }));
  }
});

describe('the lock', () => {
  it('lets one work at a time, and says that the other waits', async () => {
    const file = path.join(directory, 'sub', 'setup.lock');
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push(`${name} ends`);
    };
    const said: string[] = [];
    await Promise.all([
      withLock(file, () => {}, work('first')),
      withLock(file, (text) => said.push(text), work('second')),
    ]);
    expect(order).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
    expect(said).toEqual(['another set-up is running here, waiting for it']);
    expect(existsSync(file)).toBe(false);
  });

  it('is taken over from a set-up that was killed', async () => {
    const file = path.join(directory, 'setup.lock');
    writeFileSync(file, 'token of a dead process');
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(file, longAgo, longAgo);
    await withLock(
      file,
      () => {},
      async () => expect(readFileSync(file, 'utf8')).not.toContain('dead'),
    );
    expect(existsSync(file)).toBe(false);
  });

  it('is released when the work fails', async () => {
    const file = path.join(directory, 'setup.lock');
    const failing = withLock(
      file,
      () => {},
      async () => {
        throw new Error('no network');
      },
    );
    await expect(failing).rejects.toThrow('no network');
    expect(existsSync(file)).toBe(false);
  });
});

describe('counting tests', () => {
  it('counts each test once, and a file that could not be loaded as one failure', () => {
    const report = {
      testResults: [
        {
          status: 'passed',
          assertionResults: [{ status: 'passed' }, { status: 'skipped' }, { status: 'todo' }],
        },
        { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] },
        { status: 'failed', assertionResults: [] },
      ],
    };
    expect(countTests(report)).toEqual({ passed: 2, failed: 2, skipped: 2 });
  });
});

function machine(programs: readonly string[], rights: { isRoot?: boolean; canSudo?: boolean } = {}): Machine {
  return {
    has: (program) => programs.includes(program),
    isRoot: rights.isRoot ?? false,
    canSudo: () => rights.canSudo ?? false,
  };
}

function script(name: string): Promise<unknown> {
  return import(path.join(import.meta.dirname, '..', '..', 'scripts', name));
}
