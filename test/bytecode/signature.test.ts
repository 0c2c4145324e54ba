import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { digestOf } from '../../src/core/bytecode/digest.js';
import { disassemble } from '../../src/core/bytecode/disassemble.js';
import { bytecodeLimits } from '../../src/core/bytecode/limits.js';
import { checkSignature, keyIdOf, signProgram, withoutSignature } from '../../src/core/bytecode/signature.js';
import { verifyProgram } from '../../src/core/bytecode/verify.js';
import { compiled, referenceSource } from './support.js';

const { bytes } = compiled(referenceSource);
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const signed = signProgram(bytes, privateKey);

describe('a signed program', () => {
  it('is accepted for the key that signed it, among others', () => {
    expect(checkSignature(signed, [other.publicKey, publicKey])).toEqual({
      ok: true,
      keyId: keyIdOf(publicKey),
    });
  });

  it('is refused for another key, and without any', () => {
    expect(checkSignature(signed, [other.publicKey])).toMatchObject({ ok: false, code: 'DN122' });
    expect(checkSignature(signed, [])).toMatchObject({ ok: false, code: 'DN122' });
  });

  it('is refused when any byte behind the header is changed', () => {
    for (let at = 0; at < signed.length; at += 1) {
      const tampered = Uint8Array.from(signed);
      tampered[at] = (tampered[at] as number) ^ 0x01;
      expect(checkSignature(tampered, [publicKey]).ok, `byte ${at}`).toBe(false);
    }
  });

  it('is refused when it is cut off, at any length', () => {
    for (let length = 0; length < signed.length; length += 1) {
      expect(checkSignature(signed.subarray(0, length), [publicKey]).ok, `${length} bytes`).toBe(false);
    }
  });

  it('verifies and disassembles like the unsigned one', async () => {
    const verdict = verifyProgram(signed);
    expect(verdict).toMatchObject({ ok: true, program: { digest: digestOf(signed) } });
    const lines = (file: Uint8Array) => {
      const listing = disassemble(file);
      return listing.ok ? listing.lines.map(({ mnemonic, sourceLine }) => [mnemonic, sourceLine]) : [];
    };
    expect(lines(signed)).toEqual(lines(bytes));
    (await wabt()).readWasm(signed, { readDebugNames: true }).validate();
  });

  it('stays within 2.4 KB for the reference program', () => {
    expect(signed.length).toBeLessThanOrEqual(2_400);
  });

  it('gives the unsigned bytes back, and has one signature when signed again', () => {
    expect(withoutSignature(signed)).toEqual(bytes);
    const again = signProgram(signed, other.privateKey);
    expect(again.length).toBe(signed.length);
    expect(checkSignature(again, [other.publicKey]).ok).toBe(true);
    expect(checkSignature(again, [publicKey]).ok).toBe(false);
  });
});

describe('a program that several keys signed', () => {
  const both = signProgram(bytes, privateKey, other.privateKey);
  const idOf = (key: typeof publicKey) => keyIdOf(key);

  it('is accepted where any one of them is trusted, and verifies like the unsigned one', () => {
    expect(checkSignature(both, [publicKey])).toEqual({ ok: true, keyId: idOf(publicKey) });
    expect(checkSignature(both, [other.publicKey])).toEqual({ ok: true, keyId: idOf(other.publicKey) });
    expect(checkSignature(both, [generateKeyPairSync('ed25519').publicKey])).toMatchObject({ code: 'DN122' });
    expect(withoutSignature(both)).toEqual(bytes);
    expect(verifyProgram(both)).toMatchObject({ ok: true });
  });

  it('is refused when any byte is changed, whoever is trusted', () => {
    for (let at = 0; at < both.length; at += 1) {
      const tampered = Uint8Array.from(both);
      tampered[at] = (tampered[at] as number) ^ 0x01;
      // A byte of one signature leaves the other one good: that is what several are for.
      const accepted = [publicKey, other.publicKey].filter((key) => checkSignature(tampered, [key]).ok);
      expect(accepted.length, `byte ${at}`).toBeLessThan(2);
    }
  });

  it('carries the signature of a key once, and as many as are allowed', () => {
    expect(signProgram(bytes, privateKey, privateKey)).toEqual(signed);
    const pairs = Array.from({ length: bytecodeLimits.signaturesMax + 1 }, () =>
      generateKeyPairSync('ed25519'),
    );
    const privateKeys = pairs.map((pair) => pair.privateKey);
    const full = signProgram(bytes, ...privateKeys.slice(1));
    for (const { publicKey: key } of pairs.slice(1)) expect(checkSignature(full, [key]).ok).toBe(true);
    expect(() => signProgram(bytes, ...privateKeys)).toThrow('1 to 8 signatures, not 9');
    expect(() => signProgram(bytes)).toThrow('not 0');
  });

  it('is accepted as long as one of them is trusted and not revoked', () => {
    const [one, two] = [new Set([idOf(publicKey)]), new Set([idOf(publicKey), idOf(other.publicKey)])];
    expect(checkSignature(both, [publicKey, other.publicKey], one)).toEqual({
      ok: true,
      keyId: idOf(other.publicKey),
    });
    expect(checkSignature(both, [publicKey, other.publicKey], two)).toEqual({
      ok: false,
      code: 'DN124',
      reason: `the file is signed by ${idOf(publicKey)}, ${idOf(other.publicKey)}, keys that are revoked`,
    });
    expect(checkSignature(signed, [other.publicKey], one)).toMatchObject({
      code: 'DN124',
      reason: `the file is signed by ${idOf(publicKey)}, a key that is revoked`,
    });
  });
});

it('refuses a program without a signature', () => {
  expect(checkSignature(bytes, [publicKey])).toMatchObject({ ok: false, code: 'DN120' });
  expect(checkSignature(Buffer.from('nothing'), [publicKey])).toMatchObject({ ok: false, code: 'DN101' });
});
