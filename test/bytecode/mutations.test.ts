import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { disassemble, renderListing } from '../../src/core/bytecode/disassemble.js';
import { checkSignature, signProgram } from '../../src/core/bytecode/signature.js';
import { verifyProgram } from '../../src/core/bytecode/verify.js';
import { verifyCodes } from '../../src/core/bytecode/verify-codes.js';
import { generatedProgram, generatedTable } from '../support/generated-program.js';
import { type Mutation, mutations } from '../support/mutations.js';
import { seedsOf } from '../support/nightly.js';
import { fileOf, sectionBytes } from '../support/program-bytes.js';
import { withRandomLoop } from '../support/random-code.js';
import { requireSafe } from '../support/safe-run.js';
import { type SeededRandom, seededRandom } from '../support/seeded-random.js';
import { testFleet } from '../support/test-fleet.js';
import { compiled, fixture, referenceSource } from './support.js';

/** For each of twelve kinds. */
const seeds = seedsOf({ everyTime: 1_000, nightly: 20_000 });
const hour = 3_600_000;

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const unsigned = [
  ...[referenceSource, fixture('every-form.dream'), ...playbooks()].map((source) => compiled(source).bytes),
  ...generatedFiles(),
];
const files = unsigned.flatMap((bytes) => [bytes, signProgram(bytes, privateKey)]);
const known = new Set(files.map(textOf));
const numbers = [...(generatedTable(seededRandom(1), 40).columns.cpu_time ?? [])];

describe('spoilt program files', () => {
  it.each(Object.entries(mutations))(
    'are refused with a reason or run within their bounds: %s',
    (kind, mutate) => {
      const { accepted, refused, unread } = outcomesOf(kind, mutate);
      if (seeds.count < 1_000) return;
      expect(accepted).toBeGreaterThan(10);
      // Nobody runs a source map, so the verifier lets each of them pass; what lists a program reads them.
      expect(kind === 'source maps changed' ? unread : refused).toBeGreaterThan(10);
    },
    hour,
  );

  it('of the twelve kinds are refused for every reason that a changed file can have', () => {
    const seen = new Set<string>();
    for (const [kind, mutate] of Object.entries(mutations)) {
      for (let seed = 1; seed <= 200; seed += 1) {
        const verdict = verifyProgram(mutated(mutate, seededRandom(seed)));
        seen.add(verdict.ok ? 'accepted' : verdict.code);
      }
      expect(seen, kind).toContain('accepted');
    }
    const reasons = ['DN101', 'DN103', 'DN104', 'DN105', 'DN106', 'DN107', 'DN108', 'DN109', 'DN111'];
    expect([...seen].sort()).toEqual([...reasons, 'accepted']);
  });
});

describe('code that nobody would write', () => {
  it(
    'runs within its bounds when the verifier accepts it',
    () => {
      let accepted = 0;
      let effects = 0;
      const count = Math.min(seeds.count, 500);
      for (let seed = seeds.first; seed < seeds.first + count; seed += 1) {
        const random = seededRandom(seed);
        const bytes = withRandomLoop(random.pick(unsigned), random);
        const verdict = bytes === undefined ? undefined : verifyProgram(bytes);
        if (verdict === undefined) continue;
        if (!verdict.ok) throw new Error(`DREAMNET_SEED=${seed} ${verdict.code} ${verdict.reason}`);
        withSeed(`DREAMNET_SEED=${seed}`, () => requireSafe(verdict.program, numbers));
        accepted += 1;
        if (verdict.program.effectsPerTaskMax > 0) effects += 1;
      }
      if (count < 500) return;
      expect(accepted).toBeGreaterThan(100);
      expect(effects).toBeGreaterThan(50);
    },
    hour,
  );
});

interface Outcomes {
  accepted: number;
  refused: number;
  /** How many of them no listing could be made of. */
  unread: number;
}

function outcomesOf(kind: string, mutate: Mutation): Outcomes {
  const outcomes: Outcomes = { accepted: 0, refused: 0, unread: 0 };
  for (let seed = seeds.first; seed < seeds.first + seeds.count; seed += 1) {
    const bytes = mutated(mutate, seededRandom(seed));
    if (known.has(textOf(bytes))) continue;
    withSeed(`DREAMNET_SEED=${seed} ${kind}`, () => judge(bytes, outcomes));
  }
  return outcomes;
}

function mutated(mutate: Mutation, random: SeededRandom): Uint8Array {
  const [file, other] = [random.pick(files), random.pick(files)];
  return mutate({ file, other, random });
}

/** Names and source maps do not matter to what a program does, so those that differ in nothing else run once. */
const ran = new Set<string>();

function whatRuns(bytes: Uint8Array): Uint8Array {
  const names = ['manifest', 'memory', 'code'];
  return fileOf(sectionBytes(bytes).filter(({ name }) => names.includes(name)));
}

function judge(bytes: Uint8Array, outcomes: Outcomes): void {
  const listing = disassemble(bytes);
  if (listing.ok) renderListing(listing.lines, referenceSource);
  else {
    requireCode(listing.code);
    outcomes.unread += 1;
  }
  if (checkSignature(bytes, [publicKey]).ok) throw new Error('the signature fits what was never signed');
  const verdict = verifyProgram(bytes);
  if (verdict.ok) {
    outcomes.accepted += 1;
    const key = textOf(whatRuns(bytes));
    if (!ran.has(key)) requireSafe(verdict.program, numbers);
    ran.add(key);
  } else {
    outcomes.refused += 1;
    requireCode(verdict.code);
  }
}

function requireCode(code: string): void {
  if (!Object.hasOwn(verifyCodes, code)) throw new Error(`${code} is no code`);
}

function withSeed(seed: string, run: () => void): void {
  try {
    run();
  } catch (thrown) {
    throw new Error(seed, { cause: thrown });
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function playbooks(): string[] {
  const folder = new URL('../../playbooks/', import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith('.dream'));
  return names.map((name) => readFileSync(new URL(name, folder), 'utf8'));
}

function generatedFiles(): Uint8Array[] {
  const results = Array.from({ length: 12 }, (_, seed) =>
    compileSource(generatedProgram(seededRandom(seed + 100)), {
      fileName: 'generated',
      capabilities: testFleet,
    }),
  );
  return results.flatMap((result) => (result.ok ? [result.program.bytes] : []));
}
