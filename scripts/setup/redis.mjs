// A Redis server binary: found, or installed with the system's package manager, or the command to type.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { runQuietly, SetupError, seconds, tail } from './steps.mjs';

const NAMES = ['redis-server', 'valkey-server'];
const USUAL_PLACES = ['/usr/local/bin', '/usr/bin', '/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin'];

/** Debian would start a system-wide Redis at once, unless the run level says that the machine is being serviced. */
const APT_GET = [
  'env',
  'DEBIAN_FRONTEND=noninteractive',
  'RUNLEVEL=1',
  'apt-get',
  '-o',
  'DPkg::Lock::Timeout=120',
];

/** Distributions that dropped Redis for Valkey have only the second; each list is tried in order. */
const MANAGERS = [
  {
    name: 'apt-get',
    refresh: [...APT_GET, 'update'],
    installs: ['redis-server', 'valkey-server'].map((name) => [...APT_GET, 'install', '-y', name]),
  },
  {
    name: 'dnf',
    installs: [
      ['dnf', 'install', '-y', 'redis'],
      ['dnf', 'install', '-y', 'valkey'],
    ],
  },
  {
    name: 'yum',
    installs: [
      ['yum', 'install', '-y', 'redis'],
      ['yum', 'install', '-y', 'valkey'],
    ],
  },
  {
    name: 'apk',
    installs: [
      ['apk', 'add', '--no-cache', 'redis'],
      ['apk', 'add', '--no-cache', 'valkey'],
    ],
  },
  {
    name: 'pacman',
    installs: [
      ['pacman', '-Sy', '--noconfirm', 'valkey'],
      ['pacman', '-Sy', '--noconfirm', 'redis'],
    ],
  },
  {
    name: 'zypper',
    installs: [
      ['zypper', '--non-interactive', 'install', 'redis'],
      ['zypper', '--non-interactive', 'install', 'valkey'],
    ],
  },
  { name: 'brew', withoutRoot: true, installs: [['brew', 'install', 'redis']] },
];

/** As dreamnet itself looks for it: what DREAMNET_REDIS_SERVER names, or the first on the PATH. */
export function findRedisServer(environment = process.env) {
  if (environment.DREAMNET_REDIS_SERVER) return environment.DREAMNET_REDIS_SERVER;
  const places = (environment.PATH ?? '').split(path.delimiter).filter((place) => path.isAbsolute(place));
  return NAMES.map((name) => findProgram(name, places)).find(Boolean);
}

export async function installRedis(_root, say) {
  const plan = planRedisInstall({
    has: (name) => findProgram(name, placesOfPrograms()) !== undefined,
    isRoot: process.getuid?.() === 0,
    canSudo: () => spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0,
  });
  if (plan.advice) throw new SetupError(plan.advice);
  const startedMs = Date.now();
  say(`no redis-server or valkey-server found, installing one with ${plan.manager}`);
  let output = '';
  for (const command of plan.commands) {
    const result = await runQuietly(command[0], command.slice(1));
    output = result.output;
    if (findRedisServer()) {
      say(`Redis installed in ${seconds(startedMs)}`);
      return;
    }
  }
  throw new SetupError(
    `${plan.manager} did not install Redis. Once it can, type: ${plan.typed}\n${tail(output)}`,
  );
}

/**
 * What to run, or what to advise. `machine` is { has(program), isRoot, canSudo() }, so that a test can be any machine.
 */
export function planRedisInstall(machine) {
  const manager = MANAGERS.find(({ name }) => machine.has(name));
  if (manager === undefined) {
    return {
      advice:
        'no redis-server found, and no package manager known here. Install Redis 7 or Valkey 8 so that redis-server is on the PATH (https://redis.io/docs/latest/operate/oss_and_stack/install), then run this again.',
    };
  }
  const direct = manager.withoutRoot || machine.isRoot;
  const typed = `${direct ? '' : 'sudo '}${typedCommand(manager)}`;
  if (!direct && !(machine.has('sudo') && machine.canSudo())) {
    return {
      advice: `no redis-server found, and installing one needs root. Type this, then run this again:\n  ${typed}`,
    };
  }
  const commands = [...(manager.refresh ? [manager.refresh] : []), ...manager.installs];
  return {
    manager: manager.name,
    typed,
    commands: direct ? commands : commands.map((command) => ['sudo', '-n', ...command]),
  };
}

/** The first installing command as a person types it. */
function typedCommand(manager) {
  return manager.installs[0]
    .slice(manager.installs[0].indexOf(manager.name))
    .filter((word) => !/^(-o|DPkg::.*)$/.test(word))
    .join(' ');
}

function placesOfPrograms() {
  return [...(process.env.PATH ?? '').split(path.delimiter).filter(Boolean), ...USUAL_PLACES];
}

function findProgram(name, places) {
  return places.map((place) => path.join(place, name)).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
