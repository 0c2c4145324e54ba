/**
 * Signs program files and checks signatures: Ed25519 over the SHA-256 of everything behind the signature section, in the
 * layout of WebAssembly/tool-conventions Signatures.md. A signature says who made a file, not that it is safe.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { ByteReader, Malformed, malformedAsValue } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { customSection, moduleHeader, sectionIds } from './encode-module.js';
import { bytecodeLimits } from './limits.js';
import type { VerifyCode } from './verify-codes.js';

export type SignatureResult =
  | { readonly ok: true; readonly keyId: string }
  | { readonly ok: false; readonly code: VerifyCode; readonly reason: string };

/**
 * Puts the `signature` section first, with one signature per key in the order given; one that is there already is
 * replaced. A key given twice signs once; more keys than `signaturesMax` are a mistake of the caller.
 */
export function signProgram(bytes: Uint8Array, ...privateKeys: readonly KeyObject[]): Uint8Array {
  const keys = new Map(privateKeys.map((key) => [keyIdOf(createPublicKey(key)), key]));
  if (keys.size === 0 || keys.size > bytecodeLimits.signaturesMax)
    throw new RangeError(`a file takes 1 to ${bytecodeLimits.signaturesMax} signatures, not ${keys.size}`);
  const rest = withoutSignature(bytes).subarray(moduleHeader.length);
  const hash = sha256(rest);
  const hashes = new ByteWriter().unsigned(1).raw(hash).unsigned(keys.size);
  for (const [id, key] of keys) hashes.sized(signatureEntry(id, sign(null, signedMessage(hash), key)));
  const content = new ByteWriter().raw(preamble).unsigned(1).sized(hashes.finish()).finish();
  const writer = new ByteWriter().raw(moduleHeader);
  customSection(writer, 'signature', content);
  return writer.raw(rest).finish();
}

/**
 * Checks that one of the trusted public keys signed exactly these bytes. A key whose id is among the revoked ones counts
 * for nothing, also when it is still among the trusted. Never throws for what the bytes hold.
 */
export function checkSignature(
  bytes: Uint8Array,
  trusted: readonly KeyObject[],
  revoked: ReadonlySet<string> = new Set(),
): SignatureResult {
  return malformedAsValue<SignatureResult>(() => {
    const { signature, rest } = split(bytes);
    if (signature === undefined) return refuse('DN120', 'the file has no signature');
    const hash = sha256(rest);
    const { claimed, entries } = parseSignature(signature);
    if (!Buffer.from(hash).equals(claimed))
      return refuse('DN123', 'the file was changed after it was signed');
    return checkEntries(entries, { trusted, revoked, message: signedMessage(hash) });
  });
}

/** Keys do not change, and are asked for their id with every order. */
const keyIds = new WeakMap<KeyObject, string>();

/** The first 8 bytes of the SHA-256 of the raw public key, in hex. */
export function keyIdOf(publicKey: KeyObject): string {
  const known = keyIds.get(publicKey) ?? computeKeyId(publicKey);
  keyIds.set(publicKey, known);
  return known;
}

function computeKeyId(publicKey: KeyObject): string {
  const { x } = publicKey.export({ format: 'jwk' });
  if (publicKey.asymmetricKeyType !== 'ed25519' || x === undefined)
    throw new TypeError('an Ed25519 key is needed');
  return Buffer.from(sha256(Buffer.from(x, 'base64url')).subarray(0, 8)).toString('hex');
}

/** The file as the compiler wrote it. Bytes that are no module are given back as they are. */
export function withoutSignature(bytes: Uint8Array): Uint8Array {
  const found = malformedAsValue(() => ({ ok: true as const, ...split(bytes) }));
  if (!found.ok || found.signature === undefined) return bytes;
  return new ByteWriter().raw(moduleHeader).raw(found.rest).finish();
}

interface SignatureEntry {
  readonly keyId: string;
  readonly signature: Uint8Array;
}

/** Version of the layout, that the content is a module, that hashes are SHA-256. */
const preamble = Uint8Array.of(0x01, 0x01, 0x01);
const signatureEd25519 = 0x01;

function refuse(code: VerifyCode, reason: string): SignatureResult {
  return { ok: false, code, reason };
}

function signatureEntry(keyId: string, signature: Uint8Array): Uint8Array {
  return new ByteWriter().sized(Buffer.from(keyId, 'hex')).byte(signatureEd25519).sized(signature).finish();
}

function signedMessage(hash: Uint8Array): Uint8Array {
  return new ByteWriter().raw(Buffer.from('wasmsig')).raw(preamble).raw(hash).finish();
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

/** The content of the first section if that is a signature, and everything behind it. */
function split(bytes: Uint8Array): { signature: Uint8Array | undefined; rest: Uint8Array } {
  const reader = new ByteReader(bytes);
  const header = reader.raw(moduleHeader.length);
  if (!header.every((byte, index) => byte === moduleHeader[index])) {
    throw new Malformed('DN101', 'this is not a WebAssembly module of version 1');
  }
  const unsigned = { signature: undefined, rest: bytes.subarray(moduleHeader.length) };
  if (reader.atEnd || reader.byte() !== sectionIds.custom) return unsigned;
  const section = new ByteReader(reader.sized());
  if (section.text() !== 'signature') return unsigned;
  const rest = bytes.subarray(reader.position);
  return { signature: section.remaining(), rest };
}

function parseSignature(content: Uint8Array): { claimed: Uint8Array; entries: SignatureEntry[] } {
  return asSignatureProblem(() => {
    const reader = new ByteReader(content);
    if (!reader.raw(preamble.length).every((byte, index) => byte === preamble[index])) {
      throw new Malformed('DN121', 'the signature is of another version or hash');
    }
    if (reader.unsigned() !== 1) throw new Malformed('DN121', 'there is not exactly one signed hash');
    const hashes = new ByteReader(reader.sized());
    if (hashes.unsigned() !== 1) throw new Malformed('DN121', 'there is not exactly one hash');
    const claimed = hashes.raw(32);
    const count = hashes.unsigned();
    if (count > bytecodeLimits.signaturesMax) throw new Malformed('DN121', 'there are too many signatures');
    const entries = Array.from({ length: count }, () => parseEntry(new ByteReader(hashes.sized())));
    if (!reader.atEnd || !hashes.atEnd) throw new Malformed('DN121', 'something follows the signature');
    return { claimed, entries };
  });
}

function parseEntry(reader: ByteReader): SignatureEntry {
  const keyId = Buffer.from(reader.sized()).toString('hex');
  if (reader.byte() !== signatureEd25519) throw new Malformed('DN121', 'the signature is not Ed25519');
  const signature = reader.sized();
  if (!reader.atEnd) throw new Malformed('DN121', 'something follows the signature');
  return { keyId, signature };
}

/** Whatever is malformed inside the section is a malformed signature. */
function asSignatureProblem<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (thrown) {
    throw thrown instanceof Malformed ? new Malformed('DN121', thrown.message) : thrown;
  }
}

function checkEntries(
  entries: readonly SignatureEntry[],
  asked: {
    readonly trusted: readonly KeyObject[];
    readonly revoked: ReadonlySet<string>;
    readonly message: Uint8Array;
  },
): SignatureResult {
  const { revoked, message } = asked;
  const keys = new Map(asked.trusted.map((key) => [keyIdOf(key), key]));
  const known = entries.filter(({ keyId }) => keys.has(keyId) && !revoked.has(keyId));
  if (known.length === 0) return refuseSigners(entries, revoked);
  const good = known.find(({ keyId, signature }) =>
    verify(null, message, keys.get(keyId) as KeyObject, signature),
  );
  if (good === undefined) return refuse('DN123', 'the signature does not fit the file');
  return { ok: true, keyId: good.keyId };
}

function refuseSigners(entries: readonly SignatureEntry[], revoked: ReadonlySet<string>): SignatureResult {
  const ids = entries.map(({ keyId }) => keyId);
  const gone = ids.filter((id) => revoked.has(id));
  if (gone.length > 0)
    return refuse(
      'DN124',
      gone.length === 1
        ? `the file is signed by ${gone[0]}, a key that is revoked`
        : `the file is signed by ${gone.join(', ')}, keys that are revoked`,
    );
  return refuse(
    'DN122',
    ids.length === 1
      ? `the file is signed by ${ids[0]}, and this key is not trusted`
      : `the file is signed by ${ids.join(', ') || 'none'}, and none of these keys is trusted`,
  );
}
