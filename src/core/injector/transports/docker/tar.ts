/** Files in, a tar archive (POSIX ustar) out, and the first file of an archive back: what the engine's file calls take and give. */

export interface TarEntry {
  readonly name: string;
  readonly mode: number;
  /** Absent for a directory. */
  readonly bytes?: Uint8Array;
}

const block = 512;

export function tarOf(entries: readonly TarEntry[], nowMs: number): Buffer {
  const parts = entries.flatMap(({ bytes = new Uint8Array(), ...entry }, at) => {
    const isDirectory = entries[at]?.bytes === undefined;
    const padding = Buffer.alloc((block - (bytes.length % block)) % block);
    return [headOf({ ...entry, size: bytes.length, isDirectory, nowMs }), bytes, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function headOf(entry: {
  name: string;
  mode: number;
  size: number;
  isDirectory: boolean;
  nowMs: number;
}): Buffer {
  const head = Buffer.alloc(block);
  const octal = (value: number, at: number, digits: number) => {
    head.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'ascii');
  };
  head.write(entry.name, 0, 100, 'utf8');
  octal(entry.mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(entry.size, 124, 11);
  octal(Math.floor(entry.nowMs / 1_000), 136, 11);
  head.write(entry.isDirectory ? '5' : '0', 156, 'ascii');
  head.write('ustar\u000000', 257, 'ascii');
  // The sum is taken with blanks in its own place.
  head.fill(' ', 148, 156);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'ascii');
  return head;
}

/** The first plain file; undefined for anything else, such as a link. */
export function firstFileOf(archive: Buffer): Buffer | undefined {
  for (let at = 0; at + block <= archive.length; ) {
    const type = String.fromCharCode(archive[at + 156] ?? 0);
    const size = Number.parseInt(archive.toString('ascii', at + 124, at + 135).trim() || '0', 8);
    if (!Number.isFinite(size)) return undefined;
    const body = at + block;
    if (type === '0' || type === '\0')
      return body + size <= archive.length ? archive.subarray(body, body + size) : undefined;
    // Heads that only say more about the entry that follows.
    if (type !== 'x' && type !== 'g') return undefined;
    at = body + Math.ceil(size / block) * block;
  }
  return undefined;
}
