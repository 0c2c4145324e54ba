/**
 * How many random cases a test runs: few with `npm test`, many with DREAMNET_NIGHTLY=1, and those of one seed when
 * DREAMNET_SEED names the one that failed.
 */

export function isNightly(): boolean {
  return process.env.DREAMNET_NIGHTLY === '1';
}

export interface SeedRange {
  readonly first: number;
  readonly count: number;
}

/** `everyTime` cases, or `nightly` ones. DREAMNET_SEED and DREAMNET_CASES say which and how many, to replay them. */
export function seedsOf({ everyTime, nightly }: { everyTime: number; nightly: number }): SeedRange {
  const { DREAMNET_SEED, DREAMNET_CASES, DREAMNET_DIFFERENTIAL_CASES } = process.env;
  const usual = isNightly() ? nightly : everyTime;
  const cases = DREAMNET_CASES ?? DREAMNET_DIFFERENTIAL_CASES ?? (DREAMNET_SEED === undefined ? usual : 1);
  return { first: Number(DREAMNET_SEED ?? 1), count: Number(cases) };
}
