/**
 * By action: what it asks of a container, from what the container uses now; or why not. Pure. docs/workloads.md says the same
 * for those who run it.
 */
import { type ContainerUse, marginOf } from './container-use.js';
import type { Setting } from './former-values.js';
import { coresMin, coresOf, cpuValues, memoryValues, settingOf } from './limits-of.js';
import type { Aspect, Values } from './values.js';

export interface Question {
  readonly instruction: string;
  readonly agent: string;
  /** 0 where the action takes none. */
  readonly argument: number;
  readonly use: ContainerUse;
  readonly original: Values;
  /** As it is now: the original, or what our settings made of it. */
  readonly actual: Values;
  readonly settings: readonly Setting[];
}

export type Ruling = { readonly setting: Setting; readonly set: Values } | { readonly refusal: string };

export interface Rule {
  readonly aspect: Exclude<Aspect, 'region'>;
  readonly rule: (question: Question) => Ruling;
}

export const rules: Readonly<Record<string, Rule>> = {
  REDUCE_CPU_THROTTLE: { aspect: 'cpu', rule: lessCpu },
  REDUCE_MEMORY_CACHE: { aspect: 'memory', rule: lessMemory },
  PAUSE_IDLE: { aspect: 'pause', rule: pauseIdle },
};

function lessCpu(question: Question): Ruling {
  const { use, original, actual, settings, argument } = question;
  const limit = coresOf(actual);
  if (use.cores * (1 - argument) < coresMin)
    return { refusal: `it uses ${cores(use.cores)}, and less than ${cores(coresMin)} is no work at all` };
  const setting = settingOf(start(question, use.cores), { limit, settings });
  const set = cpuValues(original, [...settings, setting]);
  return coresOf(set) < limit
    ? { setting, set }
    : { refusal: `its limit of ${cores(limit)} is as low already: it uses ${cores(use.cores)}` };
}

function lessMemory(question: Question): Ruling {
  const { use, original, actual, settings } = question;
  const limit = Number(actual.Memory);
  if (!(limit > 0))
    return { refusal: 'it has no memory limit, and Docker cannot take one away again once there is one' };
  if (!(Number(original.MemorySwap) !== 0)) return { refusal: 'its limit says nothing about swap' };
  const needed = bytesNeeded(use);
  const setting = settingOf(start(question, use.memory), { limit, settings });
  const set = memoryValues(original, [...settings, setting], needed);
  if (Number(set.Memory) < limit) return { setting, set };
  return {
    refusal: `${megabytes(use.workingSetMax)} of its limit of ${megabytes(limit)} are in use, and a margin of ${megabytes(needed - use.workingSetMax)} stays free`,
  };
}

/** Below this no limit of ours goes. */
export function bytesNeeded({ workingSet, workingSetMax, growth }: ContainerUse): number {
  const most = Math.max(workingSet, workingSetMax);
  return most + marginOf(most) + growth * growthSeconds;
}

/** What grows may go on to for so long before anybody need give it more. */
const growthSeconds = 60;

/** What an idle container still does: timers, health checks now and then. */
const idle = { cores: 0.005, bitsPerSecond: 10_000, secondsMin: 10 } as const;

function pauseIdle(question: Question): Ruling {
  const { use, actual } = question;
  if (actual.Paused === true) return { refusal: 'it is paused already' };
  if (use.cores > idle.cores) return { refusal: `it is not idle: it uses ${cores(use.cores)}` };
  if ((use.bitsPerSecond ?? 0) > idle.bitsPerSecond)
    return {
      refusal: `it is not idle: it sends and receives ${Math.round((use.bitsPerSecond ?? 0) / 1_000)} kbit/s`,
    };
  if (use.idleSeconds < idle.secondsMin)
    return { refusal: `it has been idle for ${Math.floor(use.idleSeconds)} s only` };
  return { setting: start(question, use.cores), set: { Paused: true } };
}

/** What the settings that are left make of a container; `bytesMin` is what its memory needs. */
export function valuesOf(
  aspect: Aspect,
  { original, settings, bytesMin }: { original: Values; settings: readonly Setting[]; bytesMin: number },
): Values {
  switch (aspect) {
    case 'cpu':
      return cpuValues(original, settings);
    case 'memory':
      return memoryValues(original, settings, bytesMin);
    case 'pause':
      return settings.length === 0 ? original : { Paused: true };
    case 'region': {
      const last = settings.at(-1);
      return last?.region === undefined ? original : { Region: last.region };
    }
    default:
      return aspect satisfies never;
  }
}

function start({ instruction, agent, argument }: Question, used: number): Setting {
  return { instruction, agent, share: argument, used, under: [] };
}

function cores(value: number): string {
  return `${Number(value.toFixed(3))} cores`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
