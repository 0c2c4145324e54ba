/** Where everything lies in a program's memory: counts of parameters and columns in, byte addresses out. */
import { bytecodeLimits } from './limits.js';

/** Parameters lie at 0, one f64 each; then one column of 1,024 f64 per field; then the effect records. */
export interface MemoryLayout {
  readonly parameters: number;
  readonly columns: number;
  readonly columnsAt: number;
  readonly columnBytes: number;
  readonly effectsAt: number;
}

const pageBytes = 65_536;

export function memoryLayout({ parameters, columns }: { parameters: number; columns: number }): MemoryLayout {
  const columnBytes = bytecodeLimits.chunkRows * 8;
  // Records are 16 bytes and stay aligned to 16.
  const columnsAt = Math.ceil(parameters / 2) * 16;
  return { parameters, columns, columnsAt, columnBytes, effectsAt: columnsAt + columns * columnBytes };
}

/** Room for every effect of a full chunk, and one record more: a record is written before its condition counts it. */
export function pagesNeeded(layout: MemoryLayout, effectsPerTaskMax: number): number {
  const { chunkRows, effectBytes } = bytecodeLimits;
  return Math.ceil((layout.effectsAt + (chunkRows * effectsPerTaskMax + 1) * effectBytes) / pageBytes);
}
