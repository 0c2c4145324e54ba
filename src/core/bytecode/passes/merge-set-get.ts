/**
 * Keeps on the stack what is put into a local and read from it at once. Runs over instructions, after they are written.
 *
 *     local.set 5  local.get 5   →   local.tee 5
 */
import { type EmittedInstruction, localPointer } from '../emitter.js';

/** The effect pointer is set by itself only: the verifier knows no other form. */
export function mergeSetGet(instructions: readonly EmittedInstruction[]): EmittedInstruction[] {
  const merged: EmittedInstruction[] = [];
  for (const instruction of instructions) {
    const previous = merged.at(-1);
    const readsAtOnce =
      instruction.name === 'local.get' &&
      previous?.name === 'local.set' &&
      previous.immediate === instruction.immediate &&
      instruction.immediate > localPointer;
    if (readsAtOnce) merged[merged.length - 1] = { ...previous, name: 'local.tee' };
    else merged.push(instruction);
  }
  return merged;
}
