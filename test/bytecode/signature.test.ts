import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { digestOf } from '../../src/core/bytecode/digest.js';
import { disassemble } from '../../src/core/bytecode/disassemble.js';
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

it('refuses a program without a signature', () => {
  expect(checkSignature(bytes, [publicKey])).toMatchObject({ ok: false, code: 'DN120' });
  expect(checkSignature(Buffer.from('nothing'), [publicKey])).toMatchObject({ ok: false, code: 'DN101' });
});
