/** A key in, the hash slot of a cluster that it belongs to out (Redis Cluster specification, "Key distribution model"). */

export const slotsTotal = 16_384;

/** CRC-16/XMODEM of the key, or of its hash tag where it has one. */
export function slotOf(key: string | Buffer): number {
  let crc = 0;
  for (const byte of hashedPart(Buffer.from(key)))
    crc = ((crc << 8) ^ (table[((crc >> 8) ^ byte) & 0xff] ?? 0)) & 0xffff;
  return crc % slotsTotal;
}

/** What stands between the first `{` and the next `}`, unless nothing does. */
function hashedPart(key: Buffer): Buffer {
  const from = key.indexOf('{');
  const to = from < 0 ? -1 : key.indexOf('}', from + 1);
  return to > from + 1 ? key.subarray(from + 1, to) : key;
}

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});
