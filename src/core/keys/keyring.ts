/** What a home can sign with, and whom it trusts, as the injector is given it. */
import type { KeyObject } from 'node:crypto';
import type { Trust } from './trust.js';

export interface Keyring {
  readonly trust: Trust;
  /** Every pair whose private half is here, revoked ones included. */
  readonly pairs: readonly KeyPair[];
}

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly keyId: string;
}
