import { expect, it } from 'vitest';
import type { Setting } from '../../../src/core/agent/workloads/docker/effects/former-values.js';
import {
  amountOf,
  coresOf,
  cpuValues,
  memoryValues,
  settingOf,
} from '../../../src/core/agent/workloads/docker/effects/limits-of.js';

function setting(instruction: string, share: number, used: number): Omit<Setting, 'under'> {
  return { instruction, share, used, agent: 'agent-1' };
}

it('takes the last settings away in any order, as if those that are gone had never been', () => {
  const first = settingOf(setting('one', 0.2, 1), { limit: Number.POSITIVE_INFINITY, settings: [] });
  const second = settingOf(setting('two', 0.25, 0.8), { limit: 0.8, settings: [first] });
  const third = settingOf(setting('three', 0.5, 0.6), { limit: 0.6, settings: [first, second] });
  expect(amountOf([first, second, third])).toBeCloseTo(0.3);
  expect(amountOf([first, third])).toBeCloseTo(0.4);
  expect(amountOf([second, third])).toBeCloseTo(0.375);
  expect(amountOf([third])).toBeCloseTo(0.5);
  expect(amountOf([])).toBe(Number.POSITIVE_INFINITY);
});

it('does not take a use for held down that was far below the limit', () => {
  const first = settingOf(setting('one', 0.2, 1), { limit: Number.POSITIVE_INFINITY, settings: [] });
  const second = settingOf(setting('two', 0.5, 0.4), { limit: 0.8, settings: [first] });
  expect(amountOf([second])).toBeCloseTo(0.2);
});

it('says a CPU limit in the words of the container, and never one that does nothing at all', () => {
  const [half] = [{ ...setting('one', 0.5, 0.4), under: [] }];
  const none = { NanoCpus: 0, CpuQuota: 0, CpuPeriod: 0 };
  expect(cpuValues(none, [half])).toEqual({ ...none, CpuQuota: 20_000 });
  expect(cpuValues({ ...none, CpuQuota: -1 }, [half])).toEqual({ ...none, CpuQuota: 20_000 });
  expect(cpuValues({ ...none, CpuPeriod: 10_000 }, [half]).CpuQuota).toBe(2_000);
  expect(cpuValues({ ...none, NanoCpus: 5e8 }, [half])).toEqual({ ...none, NanoCpus: 2e8 });
  expect(cpuValues({ ...none, NanoCpus: 1e8 }, [half])).toEqual({ ...none, NanoCpus: 1e8 });
  expect(coresOf(cpuValues(none, [{ ...half, share: 0.9, used: 0.001 }]))).toBe(0.01);
  expect(cpuValues(none, [])).toBe(none);
});

it('keeps the room in swap, and swap without a limit as it is', () => {
  const most = { ...setting('one', 0.5, 400e6), under: [] };
  expect(memoryValues({ Memory: 500e6, MemorySwap: 600e6 }, [most], 0)).toEqual({
    Memory: 200_003_584,
    MemorySwap: 300_003_584,
  });
  expect(memoryValues({ Memory: 500e6, MemorySwap: -1 }, [most], 300e6).MemorySwap).toBe(-1);
  expect(
    Number(memoryValues({ Memory: 500e6, MemorySwap: -1 }, [most], 300e6).Memory),
  ).toBeGreaterThanOrEqual(300e6);
});
