/** What the engine says about a container in, what a task must know of it out. Pure. */
import type Docker from 'dockerode';

export interface TaskContainer {
  /** 64 hexadecimal digits: the id of its task, which outlives a restart. */
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its first process, as the engine's host numbers it. */
  readonly pid: number;
  readonly startedAtMs: number;
  readonly paused: boolean;
  /** How often the engine has started it again by itself. */
  readonly restarts: number;
  /** Its traffic is counted for it alone: it shares neither the host's network nor another container's. */
  readonly hasOwnNetwork: boolean;
  readonly limits: ContainerLimits;
}

/** As `docker update` takes them, and 0 for what is not set. */
export interface ContainerLimits {
  /** Billionths of a core; an engine that has this has neither quota nor period. */
  readonly nanoCpus: number;
  /** Microseconds of CPU time in each period. */
  readonly cpuQuota: number;
  readonly cpuPeriod: number;
  readonly cpuShares: number;
  /** Such as `0-2,5`; empty for all. */
  readonly cpusetCpus: string;
  /** Bytes. */
  readonly memory: number;
  /** Bytes of memory and swap together; -1 for as much as there is. */
  readonly memorySwap: number;
  readonly memoryReservation: number;
}

export interface Machine {
  readonly cores: number;
  readonly memoryBytes: number;
}

const periodUsDefault = 100_000;

/** Undefined for one that does not run: its process and its limits say nothing then. */
export function taskContainer(info: Docker.ContainerInspectInfo): TaskContainer | undefined {
  const { State, HostConfig, Config } = info;
  if (!State.Running || State.Restarting || State.Pid <= 1) return undefined;
  return {
    id: info.Id,
    name: info.Name.replace(/^\//, ''),
    image: Config.Image,
    labels: Config.Labels ?? {},
    pid: State.Pid,
    startedAtMs: Date.parse(State.StartedAt),
    paused: State.Paused,
    restarts: info.RestartCount ?? 0,
    hasOwnNetwork: !/^(host$|container:)/.test(HostConfig.NetworkMode ?? ''),
    limits: {
      nanoCpus: HostConfig.NanoCpus ?? 0,
      cpuQuota: HostConfig.CpuQuota ?? 0,
      cpuPeriod: HostConfig.CpuPeriod ?? 0,
      cpuShares: HostConfig.CpuShares ?? 0,
      cpusetCpus: HostConfig.CpusetCpus ?? '',
      memory: HostConfig.Memory ?? 0,
      memorySwap: HostConfig.MemorySwap ?? 0,
      memoryReservation: HostConfig.MemoryReservation ?? 0,
    },
  };
}

/** Cores that it may use at most; without a limit that is all of the machine's. */
export function coresAllowed(
  { nanoCpus, cpuQuota, cpuPeriod, cpusetCpus }: ContainerLimits,
  machine: Machine,
): number {
  const inSet = cpusetCpus === '' ? machine.cores : countOf(cpusetCpus);
  if (nanoCpus > 0) return Math.min(nanoCpus / 1e9, inSet);
  return cpuQuota > 0 ? Math.min(cpuQuota / (cpuPeriod || periodUsDefault), inSet) : inSet;
}

/** Bytes that it may use at most; without a limit that is all of the machine's. */
export function memoryAllowed({ memory }: ContainerLimits, machine: Machine): number {
  return memory > 0 ? Math.min(memory, machine.memoryBytes) : machine.memoryBytes;
}

function countOf(cpus: string): number {
  return cpus.split(',').reduce((sum, part) => {
    const [from = Number.NaN, to = from] = part.split('-').map(Number);
    return sum + (to - from + 1);
  }, 0);
}
