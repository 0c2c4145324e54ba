import { describe, expect, it } from 'vitest';
import { checkInstruction, requireUnchanged, signInstruction } from '../src/core/instruction-signature.js';
import type { Instruction } from '../src/core/nerve/messages/instruction.js';
import { instructionSchema } from '../src/core/nerve/messages/instruction.js';
import { parseMessage } from '../src/core/nerve/streams.js';
import { key, newKey, trustOf } from './agent/support.js';
import { instructionOf } from './injector/support.js';

const instruction = instructionOf({ selector: 'class=web', note: { of: ['another', { b: 1, a: null }] } });
const signed = signInstruction(instruction, key.privateKey);
const stateOf = (changed: Instruction, trust = trustOf(key)) => checkInstruction(changed, trust).state;

describe('a signed instruction', () => {
  it('is trusted as it is, whatever the order of its fields, and after a way through Redis', () => {
    expect(signed.signature).toMatch(/^ed25519:[0-9a-f]{16}:[A-Za-z0-9+/]{86}==$/);
    expect(stateOf(signed)).toBe('trusted');
    expect(stateOf(Object.fromEntries(Object.entries(signed).reverse()) as Instruction)).toBe('trusted');
    const read = parseMessage('1-0', JSON.stringify(signed, null, 2), instructionSchema);
    expect(read.ok && stateOf(read.value)).toBe('trusted');
    const withNothing = { ...signed, goal: undefined };
    expect(stateOf(withNothing), 'what JSON leaves out').toBe('trusted');
  });

  it('is signed anew without its former signature', () => {
    const other = newKey();
    const again = signInstruction(signed, other.privateKey);
    expect(stateOf(again, trustOf(other))).toBe('trusted');
    expect(signInstruction(again, key.privateKey)).toEqual(signed);
  });

  const changes: readonly [string, Partial<Instruction>][] = [
    ['a selector taken away', { selector: undefined }],
    ['another selector', { selector: '' }],
    ['another program', { program: { source: 'FUNC x() {}' } }],
    ['another value deep inside', { note: { of: ['another', { b: 1, a: 0 }] } }],
    ['a field more', { rollout: { batch: '10000' } }],
    ['another budget', { context: { ...instruction.context, budget: 501 } }],
    ['a later end', { expires: 8e15 }],
  ];
  it.each(changes)('is wrong with %s', (_what, change) => {
    const changed = { ...signed, ...change };
    expect(stateOf(changed)).toBe('wrong');
    expect(() => requireUnchanged(changed, trustOf(key))).toThrow(/it was changed since/);
  });

  it('is wrong with a signature that is damaged, or of another instruction', () => {
    const { signature = '' } = signInstruction({ ...instruction, id: 'other' }, key.privateKey);
    expect(stateOf({ ...signed, signature })).toBe('wrong');
    for (const damaged of [
      'ed25519:',
      'x',
      signature.slice(0, -3),
      `ed25519:${key.keyId}:${'A'.repeat(86)}==`,
      signature.replace('ed25519', 'rsa'),
    ])
      expect(stateOf({ ...signed, signature: damaged }), damaged).toBe('wrong');
  });

  it('is unknown by a key that is not trusted, and revoked by one that was', () => {
    const stranger = newKey();
    expect(stateOf(signInstruction(instruction, stranger.privateKey))).toBe('unknown');
    const trust = { ...trustOf(key, stranger), revoked: new Set([stranger.keyId]) };
    expect(stateOf(signInstruction(instruction, stranger.privateKey), trust)).toBe('revoked');
    expect(stateOf(instruction)).toBe('unsigned');
    expect(stateOf({ ...instruction, signature: '' })).toBe('unsigned');
    expect(() => requireUnchanged(instruction, trust)).not.toThrow();
  });
});
