/**
 * The text of a price table in, what a container costs in each region out. Without a table of one's own there is the documented
 * default of prices.json, which says of itself where its figures come from.
 */
import { z } from 'zod';
import { DreamnetError, messageOf } from '../../../errors.js';
import defaults from './prices.json' with { type: 'json' };

/** Dollars. A gigabyte is 10^9 bytes. */
export interface RegionPrices {
  readonly vcpuHour: number;
  readonly gigabyteHour: number;
  readonly gigabyteOut: number;
}

export interface Prices {
  /** Of containers without a label `dreamnet.region`, and of those whose label names no region of the table. */
  readonly defaultRegion: string;
  readonly regions: Readonly<Record<string, RegionPrices>>;
}

export interface Use {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly sentBitsPerSecond: number;
}

/** A price above this for an hour or a gigabyte is a unit mistake. */
const dollarsMax = 10_000;
const price = z.number().min(0).max(dollarsMax);
const tableSchema = z
  .object({
    version: z.literal(1),
    about: z.string().optional(),
    defaultRegion: z.string().min(1),
    regions: z.record(
      z.string().min(1).max(64),
      z.strictObject({ vcpuHour: price, gigabyteHour: price, gigabyteOut: price }),
    ),
  })
  .refine(({ defaultRegion, regions }) => Object.hasOwn(regions, defaultRegion), {
    path: ['defaultRegion'],
    message: 'it must be one of the regions',
  });

export const defaultPrices: Prices = tableSchema.parse(defaults);

/** Throws DN651, with every mistake, for what is no price table. `fileName` is only shown. */
export function readPrices(text: string, fileName: string): Prices {
  const table = tableSchema.safeParse(parsed(text, fileName));
  if (table.success) return table.data;
  const mistakes = table.error.issues
    .slice(0, 10)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`));
  throw noTable(fileName, mistakes.join('; '));
}

/** The region that prices a container with this label, or with none. */
export function regionNamed(name: string | undefined, { regions, defaultRegion }: Prices): string {
  return name !== undefined && Object.hasOwn(regions, name) ? name : defaultRegion;
}

/** Dollars per hour of what is used, at the prices of a region of the table. */
export function costPerHour(use: Use, region: string, prices: Prices): number {
  const { vcpuHour, gigabyteHour, gigabyteOut } = pricesOf(region, prices);
  const gigabytesOutPerHour = (use.sentBitsPerSecond / 8 / 1e9) * 3_600;
  return use.cores * vcpuHour + (use.memoryBytes / 1e9) * gigabyteHour + gigabytesOutPerHour * gigabyteOut;
}

/** What a region costs relative to the default region, for a core with four gigabytes: a usual shape of a machine. */
export function priceLevel(region: string, prices: Prices): number {
  const usual = { cores: 1, memoryBytes: 4e9, sentBitsPerSecond: 0 };
  const listed = costPerHour(usual, prices.defaultRegion, prices);
  return listed > 0 ? costPerHour(usual, region, prices) / listed : 1;
}

/** The region with the lowest level; of several the first of the table. */
export function cheapestRegion(prices: Prices): string {
  let best = prices.defaultRegion;
  for (const region of Object.keys(prices.regions)) {
    if (priceLevel(region, prices) < priceLevel(best, prices)) best = region;
  }
  return best;
}

function pricesOf(region: string, { regions, defaultRegion }: Prices): RegionPrices {
  return (regions[region] ?? regions[defaultRegion]) as RegionPrices;
}

function parsed(text: string, fileName: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw noTable(fileName, messageOf(thrown));
  }
}

function noTable(fileName: string, why: string): DreamnetError {
  return new DreamnetError({
    code: 'DN651',
    kind: 'bad-input',
    message: `${fileName} is no table of prices: ${why}.`,
    hint: 'It is JSON: {"version": 1, "defaultRegion": "home", "regions": {"home": {"vcpuHour": 0.04, "gigabyteHour": 0.0045, "gigabyteOut": 0.09}}}.',
  });
}
