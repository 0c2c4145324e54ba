/** The kernel's files about a control group and a network namespace in, numbers out; NaN for what is not in them. Pure. */

/** A file that is one number. */
export function onlyNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** The value after a key in a file of lines `key value`. */
export function numberOf(key: string, text: string): number {
  // As if every line began with a line break, the first too.
  const at = `\n${text}`.indexOf(`\n${key} `);
  return at < 0 ? Number.NaN : Number.parseInt(text.slice(at + key.length + 1), 10);
}

/** Bytes read and written, of blkio.throttle.io_service_bytes (v1: lines `8:0 Read 4096`); 0 when nothing was. */
export function blockBytesV1(text: string): number {
  return sumOf(text, /^\d+:\d+ (?:Read|Write) (\d+)$/gm);
}

/** The same of io.stat (v2: lines `8:0 rbytes=4096 wbytes=0 rios=1 …`). */
export function blockBytesV2(text: string): number {
  return sumOf(text, /\b[rw]bytes=(\d+)/g);
}

/** Bytes of all interfaces in /proc/PID/net/dev but the loopback; undefined when the file is cut off or something else. */
export function networkBytes(text: string): { received: number; sent: number } | undefined {
  if (!text.startsWith('Inter-|') || !text.endsWith('\n')) return undefined;
  let [received, sent] = [0, 0];
  for (const line of text.split('\n').slice(2, -1)) {
    const [name = '', figures = ''] = line.split(/:(.*)/s);
    if (name.trim() === 'lo') continue;
    const columns = figures.trim().split(/\s+/).map(Number);
    received += columns[0] ?? Number.NaN;
    sent += columns[8] ?? Number.NaN;
  }
  return Number.isFinite(received + sent) ? { received, sent } : undefined;
}

function sumOf(text: string, pattern: RegExp): number {
  let sum = 0;
  for (const [, digits] of text.matchAll(pattern)) sum += Number(digits);
  return sum;
}
