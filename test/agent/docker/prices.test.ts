/** A table of prices, and what a container costs by it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  cheapestRegion,
  costPerHour,
  defaultPrices,
  priceLevel,
  readPrices,
  regionNamed,
} from '../../../src/core/agent/workloads/docker/prices.js';

describe('prices', () => {
  const own = JSON.stringify({
    version: 1,
    defaultRegion: 'home',
    regions: {
      home: { vcpuHour: 0.1, gigabyteHour: 0.01, gigabyteOut: 1 },
      away: { vcpuHour: 0.05, gigabyteHour: 0.005, gigabyteOut: 2 },
    },
  });

  it('make dollars per hour of what is used', () => {
    const prices = readPrices(own, 'p.json');
    // Half a core, two gigabytes, one megabyte a second out: 3.6 gigabytes an hour.
    const use = { cores: 0.5, memoryBytes: 2e9, sentBitsPerSecond: 8e6 };
    expect(costPerHour(use, 'home', prices)).toBeCloseTo(0.05 + 0.02 + 3.6, 9);
    expect(costPerHour(use, 'away', prices)).toBeCloseTo(0.025 + 0.01 + 7.2, 9);
    expect(priceLevel('away', prices)).toBeCloseTo(0.5, 9);
    expect(cheapestRegion(prices)).toBe('away');
  });

  it('are those of the default region where no region of the table is named', () => {
    const prices = readPrices(own, 'p.json');
    const named = [undefined, 'away', 'nowhere', 'constructor', ''].map((name) => regionNamed(name, prices));
    expect(named).toEqual(['home', 'away', 'home', 'home', 'home']);
  });

  it('have a default that says of itself what it is', () => {
    const use = { cores: 1, memoryBytes: 0, sentBitsPerSecond: 0 };
    expect(costPerHour(use, defaultPrices.defaultRegion, defaultPrices)).toBe(0.04);
    expect(priceLevel('eu-west', defaultPrices)).toBeCloseTo(1.12, 9);
    expect(readFileSync('src/core/agent/workloads/docker/prices.json', 'utf8')).toContain(
      "not anybody's present prices",
    );
  });

  it.each([
    ['no JSON', '{', 'JSON'],
    ['a missing price', own.replace('"gigabyteOut":1', '"other":1'), 'regions.home.gigabyteOut'],
    ['a negative price', own.replace('0.01', '-0.01'), 'regions.home.gigabyteHour'],
    ['a default region that is none', own.replace('"home",', '"nowhere",'), 'it must be one of the regions'],
    ['another version', own.replace('1', '2'), 'version'],
    ['nothing', '', 'JSON'],
  ])('are refused with the place for %s', (_, text, words) => {
    expect(() => readPrices(text, 'p.json')).toThrow(
      expect.objectContaining({ code: 'DN651', message: expect.stringContaining(words) }),
    );
  });
});
