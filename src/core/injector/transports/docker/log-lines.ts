/** What a container prints, as the engine sends it, in; its lines out, each of bounded length. */
import type { Readable } from 'node:stream';
import type { Engine } from '../../../docker/engine.js';

const lineCharactersMax = 1_000;

export interface LineReader {
  /** The lines that this piece completes. */
  take(chunk: Buffer): string[];
  /** What was written without a newline at its end. */
  rest(): string[];
}

/** Without a terminal, each piece of either stream has a head of 8 bytes, whose last 4 are its length. */
export function readLines(tty: boolean): LineReader {
  let bytes: Buffer = Buffer.alloc(0);
  let text = '';
  const decoder = new TextDecoder();

  const pieces = (chunk: Buffer): Buffer[] => {
    if (tty) return [chunk];
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const found: Buffer[] = [];
    while (bytes.length >= 8 && bytes.length >= 8 + bytes.readUInt32BE(4)) {
      const end = 8 + bytes.readUInt32BE(4);
      found.push(bytes.subarray(8, end));
      bytes = bytes.subarray(end);
    }
    return found;
  };

  return {
    take(chunk) {
      const added = pieces(chunk).map((piece) => decoder.decode(piece, { stream: true }));
      const lines = (text + added.join('')).split('\n');
      text = (lines.pop() ?? '').slice(0, 64 * lineCharactersMax);
      return lines.map((line) => line.replace(/\r$/, '').slice(0, lineCharactersMax));
    },
    rest: () => (text === '' ? [] : [text.slice(0, lineCharactersMax)]),
  };
}

/** Lines from now on, or from a time (ms) on, until the function that is given back is called. */
export async function followLog(
  { docker }: Engine,
  { id, tty, sinceMs }: { readonly id: string; readonly tty: boolean; readonly sinceMs?: number | undefined },
  onLine: (line: string) => void,
): Promise<() => void> {
  const from = sinceMs === undefined ? { tail: 0 } : { since: (sinceMs / 1_000).toFixed(3) };
  const stream = (await docker
    .getContainer(id)
    .logs({ follow: true, stdout: true, stderr: true, ...from })) as Readable;
  const reader = readLines(tty);
  stream.on('data', (chunk: Buffer) => {
    for (const line of reader.take(chunk)) onLine(line);
  });
  // Its end, orderly or not, is seen by who watches the container.
  stream.on('error', () => undefined);
  return () => stream.destroy();
}
