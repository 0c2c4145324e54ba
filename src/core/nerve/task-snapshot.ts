/**
 * Task tables as recorded in `tasks:<agent_id>`: a table in, bytes out, and back. Layout, little endian: `DNT1`,
 * u32 rows, u32 fields, f64 recorded-at (ms), then per field u8 name length and name, zero padding to 8, then one f64
 * column per field. Columns are f64 in base units, as programs see them (docs/nerve.md).
 */

export interface TaskSnapshot {
  readonly atMs: number;
  readonly rows: number;
  readonly columns: Readonly<Record<string, Float64Array>>;
}

const magic = 0x3154_4e44; // "DNT1"
const headerBytes = 20;
/** Bounds against damage: more rows or fields than any agent has. */
const rowsMax = 1_000_000;
const fieldsMax = 256;

export function encodeTaskSnapshot(snapshot: TaskSnapshot): Buffer {
  const fields = Object.keys(snapshot.columns);
  const start = columnsStart(fields);
  const bytes = Buffer.alloc(start + fields.length * snapshot.rows * 8);
  bytes.writeUInt32LE(magic, 0);
  bytes.writeUInt32LE(snapshot.rows, 4);
  bytes.writeUInt32LE(fields.length, 8);
  bytes.writeDoubleLE(snapshot.atMs, 12);
  let at = headerBytes;
  for (const field of fields) {
    at = bytes.writeUInt8(field.length, at);
    at += bytes.write(field, at, 'latin1');
  }
  const columns = new Float64Array(bytes.buffer, bytes.byteOffset + start, fields.length * snapshot.rows);
  fields.forEach((field, index) => {
    columns.set((snapshot.columns[field] as Float64Array).subarray(0, snapshot.rows), index * snapshot.rows);
  });
  return bytes;
}

/** Undefined when the bytes are no snapshot of this version. */
export function decodeTaskSnapshot(bytes: Buffer | null | undefined): TaskSnapshot | undefined {
  if (!bytes || bytes.length < headerBytes || bytes.readUInt32LE(0) !== magic) return undefined;
  const rows = bytes.readUInt32LE(4);
  const count = bytes.readUInt32LE(8);
  if (rows > rowsMax || count > fieldsMax) return undefined;
  const fields: string[] = [];
  let at = headerBytes;
  for (let index = 0; index < count; index++) {
    if (at >= bytes.length) return undefined;
    const length = bytes.readUInt8(at);
    fields.push(bytes.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const start = columnsStart(fields);
  if (bytes.length !== start + count * rows * 8) return undefined;
  const aligned = new Float64Array(count * rows);
  Buffer.from(aligned.buffer).set(bytes.subarray(start));
  const columns = Object.fromEntries(
    fields.map((field, index) => [field, aligned.subarray(index * rows, (index + 1) * rows)]),
  );
  return { atMs: bytes.readDoubleLE(12), rows, columns };
}

function columnsStart(fields: readonly string[]): number {
  const names = fields.reduce((sum, field) => sum + 1 + field.length, headerBytes);
  return Math.ceil(names / 8) * 8;
}
