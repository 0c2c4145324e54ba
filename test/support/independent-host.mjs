// A second host of program.bc, written from docs/bytecode.md alone: a file, trusted keys, columns and parameters come in;
// effects that the manifest allows go out. It does not verify the code, but runs only what a trusted key has signed.
import assert from 'node:assert/strict';
import { createHash, verify } from 'node:crypto';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const ed25519 = (raw) => ({ kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw).toString('base64url') });

export function runProgram(file, { trustedKeys, columns, rows, parameters }) {
  const bytes = Buffer.from(file);
  const manifest = signedManifest(bytes, trustedKeys);
  assert.equal(manifest.version, 1, 'The file is of another version of the format.');
  const presets = Object.fromEntries(manifest.parameters.map((known) => [known.name, known.default]));
  const values = Object.entries({ ...presets, ...parameters }).map(([name, value], i) => {
    const { min, max } = manifest.parameters[i] ?? {};
    assert(value >= min && value <= max, `Parameter ${name} is unknown, or not from ${min} to ${max}.`);
    return value;
  });
  assert(Number.isInteger(rows) && rows >= 0, `${rows} is no number of rows.`);
  const inputs = manifest.fields.map(({ name }) => Object.hasOwn(columns, name) && columns[name]);
  for (const column of inputs) assert(column?.length >= rows, 'A column is missing or too short.');
  const module = new WebAssembly.Module(bytes);
  assert.deepEqual(WebAssembly.Module.imports(module), [], 'The module imports something.');
  const { memory, run } = new WebAssembly.Instance(module).exports;
  const view = new DataView(memory.buffer);
  const write = (at, numbers) => numbers.forEach((x, i) => void view.setFloat64(at + 8 * i, x, true));
  const columnsAt = 16 * Math.ceil(values.length / 2);
  const effectsAt = columnsAt + 8192 * inputs.length;
  const effects = [];
  write(0, values);
  for (let first = 0; first < rows; first += 1024) {
    const count = Math.min(1024, rows - first);
    inputs.forEach((column, i) => void write(columnsAt + 8192 * i, column.slice(first, first + count)));
    for (let left = run(count), at = effectsAt; left > 0; left--, at += 16) {
      const [code, row] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
      const argument = view.getFloat64(at + 8, true);
      const action = manifest.actions.find((known) => known.code === code);
      const { min, max } = action?.arguments[0] ?? { min: 1, max: 1 };
      assert(action && row < count && argument >= min && argument <= max, 'An effect is not allowed.');
      effects.push({ action: action.name, row: first + row, argument });
    }
  }
  return { manifest, effects };
}

/** Checks the signature, which is the first section, and gives the manifest, which is the second. */
function signedManifest(bytes, trustedKeys) {
  const [signature, signed] = customSection(bytes.subarray(8), 'signature');
  const [set, behind] = split(signature.subarray(4));
  assert(signature.readUInt32LE() === 0x01010101 && set[0] === 1 && set[33] <= 8, 'Malformed signature.');
  assert(set.subarray(1, 33).equals(sha256(signed)), 'The signature does not fit the file.');
  const message = Buffer.concat([Buffer.from('wasmsig\x01\x01\x01'), set.subarray(1, 33)]);
  let [isTrusted, rest] = [false, set.subarray(34)];
  for (let left = set[33]; left > 0; left--) {
    const [entry, next] = split(rest);
    const [keyId, typed] = split(entry);
    const key = trustedKeys.find((known) => sha256(known).subarray(0, 8).equals(keyId));
    const [given] = split(typed.subarray(1));
    isTrusted ||= key && typed[0] === 1 && verify(null, message, { key: ed25519(key), format: 'jwk' }, given);
    rest = next;
  }
  assert(isTrusted && rest.length + behind.length === 0, 'No trusted key has signed exactly this file.');
  return JSON.parse(customSection(signed, 'manifest')[0].toString());
}

function customSection(bytes, name) {
  const [section, behind] = split(bytes.subarray(1));
  const [actualName, content] = split(section);
  assert(bytes[0] === 0 && actualName.toString() === name, `The file has no ${name} section.`);
  return [content, behind];
}

/** Takes off the front what has its length, in unsigned LEB128, before it. */
function split(bytes) {
  const from = bytes.findIndex((byte) => byte < 128) + 1;
  const length = bytes.subarray(0, from).reduceRight((sum, byte) => 128 * sum + (byte % 128), 0);
  assert(from > 0 && from + length <= bytes.length, 'The file is cut off.');
  return [bytes.subarray(from, from + length), bytes.subarray(from + length)];
}
