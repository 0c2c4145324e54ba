/**
 * What instructions ask of a container in, the one limit that serves them all out. Pure. Each setting is a share of what was
 * in use when it came; where earlier settings held that use down and are gone by now, it counts as if they had not been there.
 * So the last one that is taken back leaves the original, in whatever order they go.
 */
import type { Setting } from './former-values.js';
import type { Values } from './values.js';

/** The kernel takes no quota below a millisecond, of the usual 100. */
export const coresMin = 0.01;
/** The kernel's usual period, where none is set. */
const periodUsual = 100_000;
/** A limit this near to the use holds it down. */
const bindingShare = 0.9;

/** Cores, or bytes, that the settings leave, whatever the container's own limit. */
export function amountOf(settings: readonly Setting[]): number {
  const present = new Set(settings.map(({ instruction }) => instruction));
  return settings.reduce((least, { share, used, under }) => {
    const gone = under.filter(({ instruction }) => !present.has(instruction));
    const unheld = gone.reduce((amount, before) => amount / (1 - before.share), used);
    return Math.min(least, unheld * (1 - share));
  }, Number.POSITIVE_INFINITY);
}

/** A new setting, measured while others are in force and leave `limit`. */
export function settingOf(
  setting: Omit<Setting, 'under'>,
  { limit, settings }: { readonly limit: number; readonly settings: readonly Setting[] },
): Setting {
  const held = setting.used >= bindingShare * limit ? settings : [];
  return { ...setting, under: held.map(({ instruction, share }) => ({ instruction, share })) };
}

/** Cores that a container may use; infinity without a limit. */
export function coresOf({ NanoCpus, CpuQuota, CpuPeriod }: Values): number {
  if (Number(NanoCpus) > 0) return Number(NanoCpus) / 1e9;
  return Number(CpuQuota) > 0 ? Number(CpuQuota) / periodOf(CpuPeriod) : Number.POSITIVE_INFINITY;
}

/** In the words in which the container's own limit is given: Docker refuses to mix them. */
export function cpuValues(original: Values, settings: readonly Setting[]): Values {
  const cores = Math.max(coresMin, amountOf(settings));
  if (settings.length === 0 || cores >= coresOf(original)) return original;
  if (Number(original.NanoCpus) > 0) return { ...original, NanoCpus: Math.round(cores * 1e9) };
  // The kernel takes no quota below a millisecond.
  const quota = Math.max(1_000, Math.round(cores * periodOf(original.CpuPeriod)));
  return { ...original, CpuQuota: quota };
}

/** The room that the container has in swap stays as it was. */
export function memoryValues(original: Values, settings: readonly Setting[], bytesMin: number): Values {
  const own = Number(original.Memory);
  const swap = Number(original.MemorySwap);
  const bytes = pages(Math.max(bytesMin, dockerBytesMin, amountOf(settings)));
  if (settings.length === 0 || bytes >= own) return original;
  return { Memory: bytes, MemorySwap: swap > 0 ? bytes + (swap - own) : swap };
}

/** Docker sets no lower memory limit. */
const dockerBytesMin = 6 * 1024 ** 2;

function periodOf(period: Values[string] | undefined): number {
  return Number(period) > 0 ? Number(period) : periodUsual;
}

function pages(bytes: number): number {
  return Math.ceil(bytes / 4096) * 4096;
}
