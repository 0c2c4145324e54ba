/**
 * A host that was written from docs/bytecode.md alone does what this project's own does. When a case here fails, either
 * the page is wrong or the compiler no longer writes what the page says.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { instantiateProgram } from '../../src/core/bytecode/instance.js';
import { checkSignature, signProgram } from '../../src/core/bytecode/signature.js';
import type { TaskTable } from '../../src/core/bytecode/task-table.js';
import { type Capabilities, referenceFleet } from '../../src/core/language/capabilities.js';
import { generatedProgram, generatedTable, generatedValues } from '../support/generated-program.js';
import { type HostEffect, type HostInput, runProgram } from '../support/independent-host.mjs';
import { type SeededRandom, seededRandom } from '../support/seeded-random.js';
import { testFleet } from '../support/test-fleet.js';
import { compiled, fixture, verified } from './support.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const trustedKeys = [rawKey(other.publicKey), rawKey(publicKey)];
const unsigned = compiled(fixture('every-form.dream')).bytes;
const signed = signProgram(unsigned, privateKey);
const table = generatedTable(seededRandom(1), 64, referenceFleet.fields);
const firstSeed = Number(process.env.DREAMNET_SEED ?? 1);
const generatedPrograms = 100;

describe('a host written from the page alone', () => {
  const playbooks = new URL('../../playbooks/', import.meta.url);
  const sources = [
    ...['reference.dream', 'every-form.dream'].map((name) => ({ name, source: fixture(name) })),
    ...readdirSync(playbooks)
      .filter((name) => name.endsWith('.dream'))
      .map((name) => ({ name, source: readFileSync(new URL(name, playbooks), 'utf8') })),
  ];

  it.each(sources)('reads the manifest of $name and causes the same effects', ({ source }) => {
    const file = signProgram(compiled(source).bytes, privateKey);
    const random = seededRandom(firstSeed);
    const effects = [12, 1_024, 1_025, 2_500].map((rows) =>
      expectSameEffects(file, { fleet: referenceFleet, random, rows, how: `DREAMNET_SEED=${firstSeed}` }),
    );
    expect(effects.at(-1)).toBeGreaterThan(0);
  });

  it('causes the same effects for generated programs, tables and parameters', () => {
    let [compared, effects] = [0, 0];
    for (let seed = firstSeed; compared < generatedPrograms; seed += 1) {
      const random = seededRandom(seed);
      const source = generatedProgram(random);
      const result = compileSource(source, { fileName: 'generated.dream', capabilities: testFleet });
      // A few generated programs name an argument that can never be what the action takes.
      if (!result.ok) continue;
      const file = signProgram(result.program.bytes, privateKey);
      const rows = [0, 12, 1_024, 1_500, 2_049][compared % 5] as number;
      effects += expectSameEffects(file, {
        fleet: testFleet,
        random,
        rows,
        how: `DREAMNET_SEED=${seed}\n${source}`,
      });
      compared += 1;
    }
    expect(effects).toBeGreaterThan(10_000);
  });

  it('accepts a file for the one key that it trusts, in any order of keys', () => {
    for (const keys of [[rawKey(publicKey)], trustedKeys, trustedKeys.toReversed()]) {
      expect(everyFormRun(signed, { trustedKeys: keys })).not.toThrow();
    }
  });

  it('accepts a file that many keys signed for any one of them', () => {
    const keys = Array.from({ length: 8 }, () => generateKeyPairSync('ed25519'));
    const file = signProgram(unsigned, ...keys.map((key) => key.privateKey));
    for (const key of keys) {
      expect(everyFormRun(file, { trustedKeys: [rawKey(key.publicKey)] })).not.toThrow();
    }
    expect(everyFormRun(file)).toThrow('No trusted key');
  });
});

describe('what a host written from the page alone refuses', () => {
  it('refuses a file without a signature, and bytes that are no file', () => {
    expect(everyFormRun(unsigned)).toThrow('no signature section');
    for (const bytes of [new Uint8Array(), new Uint8Array(64), new Uint8Array(64).fill(0xff)]) {
      expect(everyFormRun(bytes)).toThrow();
    }
  });

  it('refuses a file that another key signed, and any file when it trusts none', () => {
    expect(everyFormRun(signed, { trustedKeys: [rawKey(other.publicKey)] })).toThrow('No trusted key');
    expect(everyFormRun(signed, { trustedKeys: [] })).toThrow('No trusted key');
  });

  it('refuses a file with a changed byte, as the signature check of this project does', () => {
    for (let at = 0; at < signed.length; at += 1) {
      for (const mask of at < 160 ? [1, 2, 4, 8, 16, 32, 64, 128, 255] : [1]) {
        const tampered = Uint8Array.from(signed, (byte, index) => (index === at ? byte ^ mask : byte));
        expect(everyFormRun(tampered), `byte ${at}, mask ${mask}`).toThrow();
        expect(checkSignature(tampered, [publicKey]).ok, `byte ${at}, mask ${mask}`).toBe(false);
      }
    }
  });

  it('refuses a file that is cut off, or that something follows', () => {
    for (let length = 0; length < signed.length; length += 1) {
      expect(everyFormRun(signed.subarray(0, length)), `${length} bytes`).toThrow();
    }
    expect(everyFormRun(Buffer.concat([signed, Buffer.of(0)]))).toThrow('does not fit the file');
    // One byte more at the end of the signature section, whose length is the byte behind header and section id.
    const end = 10 + (signed[9] as number);
    const padded = Buffer.concat([signed.subarray(0, end), Buffer.of(0), signed.subarray(end)]);
    padded.writeUInt8(end - 9, 9);
    expect(everyFormRun(padded)).toThrow('exactly this file');
    expect(checkSignature(padded, [publicKey])).toMatchObject({ code: 'DN121' });
  });

  it('refuses parameters outside their range, and those that the program does not have', () => {
    for (const cpu_cut of [0.04, 0.51, -1, Number.NaN, Infinity]) {
      expect(everyFormRun(signed, { parameters: { cpu_cut } }), `${cpu_cut}`).toThrow('Parameter cpu_cut');
    }
    expect(everyFormRun(signed, { parameters: { fixed: 4 } })).toThrow('Parameter fixed');
    expect(everyFormRun(signed, { parameters: { cpu_cot: 0.2 } })).toThrow('Parameter cpu_cot');
  });

  it('refuses a table without a column that the program reads, or with too short a one', () => {
    const { memory, ...missing } = table.columns;
    expect(everyFormRun(signed, { columns: missing })).toThrow('missing or too short');
    const short = { ...missing, memory: memory?.subarray(1) ?? [] };
    expect(everyFormRun(signed, { columns: short })).toThrow('missing or too short');
    for (const rows of [-1, 0.5, Number.NaN])
      expect(everyFormRun(signed, { rows })).toThrow('number of rows');
  });

  it('refuses what a trusted key signed when it is no program of this format', () => {
    const text = Buffer.from(unsigned).toString('latin1');
    const resigned = (from: string, to: string) =>
      everyFormRun(signProgram(Buffer.from(text.replaceAll(from, to), 'latin1'), privateKey));
    expect(resigned('"max":0.9', '"max":0.9')).not.toThrow();
    expect(resigned('"max":0.9', '"max":0.0')).toThrow('An effect is not allowed');
    expect(resigned('"code":1,', '"code":9,')).toThrow('An effect is not allowed');
    expect(resigned('"version":1', '"version":2')).toThrow('another version');
    // Each effect names the number of rows, local 0, in place of the current row, local 1.
    expect(resigned('\x20\x02\x20\x01\x36', '\x20\x02\x20\x00\x36')).toThrow('An effect is not allowed');
    // An imported constant behind the type section moves no index, so that the module stays valid.
    const type = '\x01\x06\x01\x60\x01\x7f\x01\x7f';
    expect(resigned(type, `${type}\x02\x08\x01\x01a\x01b\x03\x7f\x00`)).toThrow('imports something');
  });
});

it('is under 80 lines of plain JavaScript, and imports nothing but what Node brings', () => {
  const text = readFileSync(new URL('../support/independent-host.mjs', import.meta.url), 'utf8');
  expect(text.trimEnd().split('\n').length).toBeLessThan(80);
  const imported = Array.from(text.matchAll(/^import .* from '(.*)';$/gm), ([, name]) => name);
  expect(imported).toEqual(['node:assert/strict', 'node:crypto']);
  expect(text.match(/\b(import|export .* from|require|process|globalThis)\b/g)).toEqual(['import', 'import']);
});

/** The 32 bytes that a JSON Web Key holds in base64url. */
function rawKey(key: KeyObject): Uint8Array {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}

function everyFormRun(bytes: Uint8Array, changes: Partial<HostInput> = {}): () => unknown {
  return () => runProgram(bytes, { trustedKeys, parameters: {}, ...table, ...changes });
}

interface Comparison {
  /** Whose fields the tables have. */
  readonly fleet: Capabilities;
  readonly random: SeededRandom;
  readonly rows: number;
  /** How to see a failure again. */
  readonly how: string;
}

/** Runs the file in both hosts, with the defaults and with other values; gives the number of effects that were the same. */
function expectSameEffects(file: Uint8Array, { fleet, random, rows, how }: Comparison): number {
  const program = verified(file);
  const input = generatedTable(random, rows, fleet.fields);
  const tables = [input, withUgliestColumns(input, random)];
  const settings = [{}, generatedValues(random, program.manifest.parameters)];
  const instance = instantiateProgram(program);
  let count = 0;
  for (const columnsAndRows of tables) {
    for (const parameters of settings) {
      const host = runProgram(file, { trustedKeys, parameters, ...columnsAndRows });
      const effects: HostEffect[] = [];
      instance.run(columnsAndRows, parameters, (code, row, argument) => {
        const action = program.manifest.actions.find((known) => known.code === code)?.name ?? `code ${code}`;
        effects.push({ action, row, argument });
      });
      expect(host.manifest, how).toEqual(program.manifest);
      expect(host.effects, how).toEqual(effects);
      count += effects.length;
    }
  }
  return count;
}

/** Every column holds one value all the way, mostly one that is no measurement. */
function withUgliestColumns({ rows, columns }: TaskTable, random: SeededRandom): TaskTable {
  const filled = Object.keys(columns).map((name) => {
    const value = random.pick([Number.NaN, Infinity, -Infinity, 0, 1e9]);
    return [name, new Float64Array(rows).fill(value)] as const;
  });
  return { rows, columns: Object.fromEntries(filled) };
}
