/**
 * What a whole local fleet weighs: supervisor, Redis and hosts with 1,159 agents, after a rollout to all of them and some
 * seconds of ticks. Proportional set size, so that pages which processes share count once; resident size where the
 * system does not tell.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { prepareRollout, withFleet } from './peers/fleet.js';
import type { BenchContext, Claim } from './support.js';

const AGENTS = 1_159;
const WINDOW_MS = 6_000;
/** After these, collections have come and gone in every process. */
const SECONDS = 30;
const GIGABYTE = 1e9;
const source = readFileSync(path.join(import.meta.dirname, '..', 'playbooks', 'cost_optimize.dream'), 'utf8');

export async function bench({ note }: BenchContext): Promise<readonly Claim[]> {
  note(`starting ${AGENTS} agents`);
  return withFleet(AGENTS, async (fleet) => {
    const fresh = weigh(processesOf(fleet.home.stateDir, fleet.socketPath));
    note('one rollout to all of them, and its window');
    const rollout = await prepareRollout(fleet, {
      id: 'instr_bench',
      source,
      windowMs: WINDOW_MS,
      batch: '10',
    });
    try {
      await rollout.run();
      await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
      await rollout.complete({ verdict: 'good' });
    } finally {
      await rollout.close();
    }
    const samples: number[] = [];
    let last = weigh(processesOf(fleet.home.stateDir, fleet.socketPath));
    for (let second = 0; second < SECONDS; second++) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      last = weigh(processesOf(fleet.home.stateDir, fleet.socketPath));
      samples.push(megabytes(last.total));
    }
    const peak = Math.max(...samples);
    const of = (role: Role) => ({ value: megabytes(last.byRole[role]), unit: 'MB' });
    return [
      {
        name: 'whole fleet at its largest',
        value: peak,
        unit: 'MB',
        goal: { atMost: GIGABYTE / 1e6 },
        samples,
      },
      { name: 'of it Redis', ...of('redis') },
      { name: 'of it hosts', ...of('host') },
      { name: 'of it supervisor', ...of('supervisor') },
      { name: 'per agent, all of it', value: (peak * 1_000) / AGENTS, unit: 'kB' },
      { name: 'whole fleet before its first program', value: megabytes(fresh.total), unit: 'MB' },
    ];
  });
}

type Role = 'redis' | 'host' | 'supervisor';

interface FleetProcess {
  readonly pid: number;
  readonly role: Role;
}

/** Hosts carry a path of the home in their command line, Redis its socket; the supervisor is the parent of both. */
function processesOf(stateDir: string, socketPath: string): readonly FleetProcess[] {
  const found: FleetProcess[] = [];
  const parents = new Set<number>();
  for (const entry of readdirSync('/proc')) {
    const command = /^\d+$/.test(entry) ? textOf(`/proc/${entry}/cmdline`) : '';
    const role = command.includes('host-main') && command.includes(stateDir) ? 'host' : undefined;
    const isRedis = command.includes(socketPath) && /^[^\0 ]*(redis|valkey)-server/.test(command);
    if (role === undefined && !isRedis) continue;
    found.push({ pid: Number(entry), role: role ?? 'redis' });
    if (role === 'host') parents.add(Number(/^PPid:\s+(\d+)/m.exec(textOf(`/proc/${entry}/status`))?.[1]));
  }
  const supervisors = [...parents].map((pid) => ({ pid, role: 'supervisor' as const }));
  if (parents.size !== 1 || !found.some(({ role }) => role === 'redis'))
    throw new Error('supervisor, Redis and hosts were not all found below /proc');
  return [...found, ...supervisors];
}

function weigh(processes: readonly FleetProcess[]): { total: number; byRole: Record<Role, number> } {
  const byRole = { redis: 0, host: 0, supervisor: 0 };
  for (const { pid, role } of processes) byRole[role] += bytesOf(pid);
  return { total: byRole.redis + byRole.host + byRole.supervisor, byRole };
}

function bytesOf(pid: number): number {
  const proportional = /^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1];
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/status`))?.[1];
  return Number(proportional ?? resident ?? Number.NaN) * 1_024;
}

/** Processes come and go while they are looked at. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function megabytes(bytes: number): number {
  return bytes / 1e6;
}
