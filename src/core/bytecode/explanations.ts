/** Why a program file is refused or cannot be run, in more words than a message has, and what to do about it. */
import type { ProgramErrorCode } from './program-error.js';
import type { VerifyCode } from './verify-codes.js';

export interface ProgramExplanation {
  /** What it means and why it is checked, in sentences. */
  readonly meaning: string;
  /** What to do, in sentences. */
  readonly remedy: string;
}

const compileAgain =
  'Compile the source again with `dreamnet compile`, and compare digests after copying the file.';
const reportIt =
  'A file that `dreamnet compile` wrote never has this: get it again from where it was made. If another tool wrote it, correct that tool; docs/bytecode.md describes the one form that is allowed.';

export const programExplanations: Readonly<Record<VerifyCode | ProgramErrorCode, ProgramExplanation>> = {
  DN101: {
    meaning:
      'The bytes cannot be read as a WebAssembly module of version 1: the header is another, a length points behind the end, or a number is not in its shortest form. Nothing of a file that cannot be read whole is trusted.',
    remedy: `The file was probably cut off while it was copied, or is no program file at all. ${compileAgain}`,
  },
  DN102: {
    meaning:
      'The file is larger than any program of the language needs. It is refused before it is read, so that nobody can keep an agent busy with a huge file.',
    remedy:
      'Check that it is the right file. A source that compiles to more is to be split into two programs.',
  },
  DN103: {
    meaning:
      'A program file has a fixed list of sections in a fixed order, and several of them byte for byte. One is missing, comes twice, stands elsewhere, or is of a kind that programs do not have, such as imports or tables.',
    remedy: reportIt,
  },
  DN104: {
    meaning:
      'The manifest says which parameters, columns and actions the program has, and a host writes memory by it. It is not the JSON that it should be: a key is missing, unknown or out of bounds, or a name is not possible.',
    remedy: reportIt,
  },
  DN105: {
    meaning:
      'The code has an instruction outside the table of those that programs use. There are no calls, no growing memory and no jumps back other than the counted loop, which is how the cost of a task is known beforehand.',
    remedy: reportIt,
  },
  DN106: {
    meaning:
      'The function does not go once over the tasks in the one form that is allowed: counted loops, and values that are of the right kind at every instruction. Only from that form do an end and a cost follow.',
    remedy: reportIt,
  },
  DN107: {
    meaning:
      'The code reads or writes memory elsewhere than in its parameters, the columns at the current task, and the current effect. It could read what belongs to other tasks, or change what the host wrote.',
    remedy: reportIt,
  },
  DN108: {
    meaning:
      'An effect is written in three parts: action, task and argument. One of them is missing when the next effect begins, or the action is a number that the manifest does not name.',
    remedy: reportIt,
  },
  DN109: {
    meaning:
      'The memory must be exactly the pages that parameters, columns and the most effects of a chunk need. Less could be overrun; more would be taken from every agent for nothing.',
    remedy: reportIt,
  },
  DN110: {
    meaning:
      'Everything looked right, and yet the WebAssembly engine of this machine refuses the module. The engine has the last word.',
    remedy: `${reportIt} If the compiler did write it, please report that with the source.`,
  },
  DN111: {
    meaning:
      'The program has more instructions, locals, nesting, effects or memory than a program may have. The limits keep the cost of every task small; they stand with their reasons in src/core/bytecode/limits.ts.',
    remedy: 'Split the program into two, or leave out conditions that no task meets.',
  },
  DN120: {
    meaning:
      'The file carries no signature. Agents run only what somebody has signed whom they trust, because whoever can write to Redis or to a directory could otherwise make them run anything.',
    remedy:
      'Compile it without `--unsigned`, or with `--key FILE`. An unsigned file is good for looking at it, and for tests.',
  },
  DN121: {
    meaning:
      'There is a signature section, and it cannot be read: it is of another version, another algorithm, or cut short.',
    remedy: `${compileAgain} Signatures of other tools must be Ed25519 over SHA-256, in the layout of docs/bytecode.md.`,
  },
  DN122: {
    meaning:
      'The file is signed, by keys that are not among the trusted ones. Agents take the keys that they trust from files, never through Redis.',
    remedy:
      'Sign with a key that is trusted (`dreamnet compile --key FILE`), or, if you trust whoever signed it, trust their public key: `dreamnet keys trust FILE`.',
  },
  DN123: {
    meaning:
      'The file is not the one that was signed: its hash is another, or the signature was made by another key than it names. Somebody or something changed it afterwards.',
    remedy: `Do not use the file. Find out where it was changed. ${compileAgain}`,
  },
  DN124: {
    meaning:
      'The file is signed by a key that was trusted once and has been revoked since, because it may be in the hands of somebody else. Whatever it signed counts for nothing, also what it signed before.',
    remedy: 'Sign the program again with a key that is trusted, and roll it out again.',
  },
  DN130: {
    meaning:
      'A value was given for a parameter that the program does not have. Ignoring it would run the program with another value than was asked for.',
    remedy: 'Compare the names with those in the head of the program, which `dreamnet compile` lists too.',
  },
  DN131: {
    meaning:
      'The value of a parameter lies outside the range that the program declares for it. What lies outside was never meant by whoever wrote the program, and never tried.',
    remedy: 'Give a value within the range, or widen the range in the source and compile again.',
  },
  DN132: {
    meaning: 'The program reads a field of tasks, and the host did not hand over a column for it.',
    remedy:
      'Hand over every field that the manifest names; a column of NaN stands for what was not measured. In a fleet of your own, check that agents offer what its capability file says.',
  },
  DN133: {
    meaning:
      'A column has fewer values than there are tasks, or the number of tasks is negative, no whole number, or above what one chunk takes.',
    remedy: 'Hand over one value per task, and tasks in chunks of at most 1,024.',
  },
};
